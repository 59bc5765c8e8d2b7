import type { Store, StoredStatusChange, StoredUsage, UsageCursor } from "@kissbot/store";
import { definedOf } from "../defined-members.js";

export const exportKinds = ["usage", "events"] as const;
export type ExportKind = (typeof exportKinds)[number];

/** A row by the names of its columns. */
export type ExportRow = Readonly<Record<string, string | number | null>>;

export interface ExportFilter {
  readonly channel: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/**
 * The columns of each kind, in their order. A usage row has every field that is stored of a call.
 */
export const exportColumns: Readonly<Record<ExportKind, readonly string[]>> = {
  usage: [
    "id",
    "ts",
    "channel",
    "model",
    "feature",
    "provider",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "cost_usd",
    "latency_ms",
    "error",
  ],
  events: [
    "id",
    "ts",
    "channel",
    "pid",
    "from_status",
    "to_status",
    "cause_code",
    "cause",
    "previous_pid",
    "lived_ms",
    "trouble",
  ],
};

/**
 * Rows that are looked at for one page: a few hundred kilobytes, and some milliseconds of reading.
 */
const pageRows = 1_000;

/** Every call of the period that is stored now, the oldest first. */
export async function* usagePages(store: Store, filter: ExportFilter): AsyncGenerator<ExportRow[]> {
  let after: UsageCursor | null = null;
  do {
    const page = await store.usagePage({ ...definedOf(filter), after, limit: pageRows });
    yield page.rows.map(usageRow);
    after = page.next;
  } while (after !== null);
}

/** Every event of the period that is stored now, the oldest first. */
export async function* eventPages(store: Store, filter: ExportFilter): AsyncGenerator<ExportRow[]> {
  const [newest] = await store.statusHistory({ limit: 1 });
  const lastId = newest?.id ?? 0;
  // The history is answered newest first, so its pages are stretches of ids.
  for (let afterId = 0; afterId < lastId; afterId += pageRows) {
    const beforeId = Math.min(afterId + pageRows, lastId) + 1;
    const page = await store.statusHistory({ ...definedOf(filter), afterId, beforeId, limit: pageRows });
    yield page.map(eventRow).reverse();
  }
}

function usageRow(row: StoredUsage): ExportRow {
  return {
    id: row.id,
    ts: timeOf(row.tsMs),
    channel: row.channel,
    model: row.model,
    feature: row.feature,
    provider: row.provider,
    tokens_in: row.tokensIn,
    tokens_out: row.tokensOut,
    tokens_cached: row.tokensCached,
    tokens_cache_write: row.tokensCacheWrite,
    cost_usd: row.costUsd,
    latency_ms: row.latencyMs,
    error: row.error,
  };
}

function eventRow(row: StoredStatusChange): ExportRow {
  return {
    id: row.id,
    ts: timeOf(row.tsMs),
    channel: row.channel,
    pid: row.pid,
    from_status: row.from,
    to_status: row.to,
    cause_code: row.causeCode,
    cause: row.cause,
    previous_pid: row.previousPid,
    lived_ms: row.livedMs,
    trouble: row.trouble,
  };
}

/** `2026-11-26T02:44:50.123Z` */
function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
