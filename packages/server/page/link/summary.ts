import { type OtherCounts, otherCountsOf } from "../fleet/whole-fleet.js";
import { type Counts, countsFrom } from "../fleet/worst-first.js";

/**
 * What the monitor says of itself: `/api/v1/summary`, and the stream's `hello` and `beat`. Null is
 * unknown.
 */
export interface Summary {
  readonly nowMs: number;
  readonly name: string | null;
  readonly version: string | null;
  /** Of the page that the monitor would serve now. */
  readonly build: string | null;
  readonly startedAtMs: number | null;
  readonly status: string;
  readonly problems: readonly {
    readonly code: string;
    readonly detail: string;
    readonly sinceMs: number | null;
  }[];
  readonly staleTimeoutMs: number | null;
  readonly metricsIntervalMs: number | null;
  readonly socket: string | null;
  readonly counts: Counts;
  readonly cpuPct: number | null;
  readonly rssMb: number | null;
  readonly lagMsP99: number | null;
  readonly lagMsMax: number | null;
  readonly queueDepth: number;
  readonly pendingRows: number;
  readonly rowsLost: number;
  readonly shed: number;
  readonly rejected: number;
  readonly clientDropped: number;
  readonly connections: number;
  readonly viewers: number;
  /** Whether a fleet database is set, so that there are other hosts. */
  readonly hasHosts: boolean;
  /** Whether it shows other hosts alone: no bot reports to it. */
  readonly isHub: boolean;
  /** The bots of other hosts; null without a fleet database. */
  readonly others: OtherCounts | null;
}

type Json = Readonly<Record<string, unknown>>;

export function summaryFrom(value: unknown): Summary {
  const json: Json = isRecord(value) ? value : {};
  const bots: Json = isRecord(json["bots"]) ? json["bots"] : {};
  const counts: Json = isRecord(json["conditions"]) ? json["conditions"] : {};
  const all = json["fleet_bots"];
  const seconds = numberOf(json["stale_timeout_s"]);
  const intervalS = numberOf(json["metrics_interval_s"]);
  return {
    nowMs: timeOf(json["now"]) ?? Number.NaN,
    name: textOf(json["name"]),
    version: textOf(json["version"]),
    build: textOf(json["build"]),
    startedAtMs: timeOf(json["started_at"]),
    status: textOf(json["status"]) ?? "ok",
    problems: listOf(json["problems"]).map((problem) => ({
      code: textOf(problem["code"]) ?? "",
      detail: textOf(problem["detail"]) ?? "",
      sinceMs: timeOf(problem["since"]),
    })),
    staleTimeoutMs: seconds === null ? null : seconds * 1_000,
    metricsIntervalMs: intervalS === null ? null : intervalS * 1_000,
    socket: textOf(json["socket"]),
    counts: countsFrom((condition) => countOf(counts[condition])),
    cpuPct: numberOf(json["cpu_pct"]),
    rssMb: numberOf(json["rss_mb"]),
    lagMsP99: numberOf(json["lag_ms_p99"]),
    lagMsMax: numberOf(json["lag_ms_max"]),
    queueDepth: countOf(json["queue_depth"]),
    pendingRows: countOf(json["pending_rows"]),
    rowsLost: countOf(json["rows_lost"]),
    shed: countOf(json["shed"]),
    rejected: countOf(json["rejected"]),
    clientDropped: countOf(json["client_dropped"]),
    connections: countOf(json["connections"]),
    viewers: countOf(json["viewers"]),
    hasHosts: isRecord(json["fleet"]),
    isHub: isRecord(json["fleet"]) && json["socket"] === null,
    others: isRecord(all) ? otherCountsOf((status) => countOf(all[status]) - countOf(bots[status])) : null,
  };
}

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function countOf(value: unknown): number {
  return numberOf(value) ?? 0;
}

/** Unix milliseconds of a time as the API writes it. */
export function timeOf(value: unknown): number | null {
  const ms = typeof value === "number" ? value : Date.parse(textOf(value) ?? "");
  return Number.isFinite(ms) ? ms : null;
}
