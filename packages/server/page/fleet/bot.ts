import { countOf, isRecord, numberOf, textOf, timeOf } from "../link/summary.js";

export const statuses = ["dead", "stale", "offline", "online"] as const;
export type Status = (typeof statuses)[number];

/** A bot as the API tells it, with times as Unix milliseconds. Null is unknown. */
export interface Bot {
  readonly channel: string;
  readonly pid: number;
  readonly status: Status;
  readonly sinceMs: number | null;
  /** A sentence of the monitor, or the last words of the process. */
  readonly cause: string;
  readonly causeCode: string;
  readonly previousPid: number | null;
  readonly livedMs: number | null;
  readonly features: Readonly<Record<string, unknown>>;
  readonly registeredAtMs: number | null;
  readonly lastSeenMs: number | null;
  readonly cpuPct: number | null;
  readonly rssMb: number | null;
  readonly lastCpuPct: number | null;
  readonly lastRssMb: number | null;
  readonly startedAtMs: number | null;
  /** How often a process of it ended without a goodbye. */
  readonly restarts: number;
  readonly restartsInHour: number;
  readonly crashLoop: boolean;
  readonly crashesInTenMinutes: number;
  readonly typicalLifeMs: number | null;
  readonly processSeen: boolean;
  readonly trouble: string | null;
  readonly troubleSinceMs: number | null;
  readonly version: string | null;
  readonly intervalS: number | null;
  readonly conflict: { readonly pid: number; readonly sinceMs: number | null } | null;
  /** Lines that its client says it lost. */
  readonly clientDropped: number;
  /** What the operator says of it, and where people read what to do. */
  readonly note: string | null;
  readonly runbook: string | null;
}

/** Null where that is no bot. What an older monitor does not tell is unknown. */
export function botFrom(value: unknown): Bot | null {
  if (!isRecord(value)) return null;
  const channel = textOf(value["channel"]);
  if (channel === null) return null;
  const status = statuses.find((one) => one === value["status"]) ?? "offline";
  const conflict = value["conflict"];
  const features = value["features"];
  return {
    channel,
    pid: countOf(value["pid"]),
    status,
    sinceMs: timeOf(value["status_since"]),
    cause: textOf(value["status_cause"]) ?? "",
    causeCode: textOf(value["cause_code"]) ?? "other",
    previousPid: numberOf(value["previous_pid"]),
    livedMs: numberOf(value["lived_ms"]),
    features: isRecord(features) ? features : {},
    registeredAtMs: timeOf(value["registered_at"]),
    lastSeenMs: timeOf(value["last_seen"]),
    cpuPct: numberOf(value["cpu_pct"]),
    rssMb: numberOf(value["rss_mb"]),
    lastCpuPct: numberOf(value["last_cpu_pct"]),
    lastRssMb: numberOf(value["last_rss_mb"]),
    startedAtMs: timeOf(value["started_at"]),
    restarts: countOf(value["restarts"]),
    restartsInHour: countOf(value["restarts_1h"]),
    crashLoop: value["crash_loop"] === true,
    crashesInTenMinutes: countOf(value["crashes_10m"]),
    typicalLifeMs: numberOf(value["crash_life_ms"]),
    processSeen: value["process_seen"] === true,
    trouble: textOf(value["trouble"]),
    troubleSinceMs: timeOf(value["trouble_since"]),
    version: textOf(value["version"]),
    intervalS: numberOf(value["interval_s"]),
    conflict: isRecord(conflict)
      ? { pid: countOf(conflict["pid"]), sinceMs: timeOf(conflict["since"]) }
      : null,
    clientDropped: countOf(value["client_dropped"]),
    note: textOf(value["note"]),
    runbook: textOf(value["runbook"]),
  };
}
