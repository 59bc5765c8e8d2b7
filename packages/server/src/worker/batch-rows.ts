import type { Batch, BatchId } from "@kissbot/store";

/** The rows of a batch, before it has an id. */
export type BatchRows = Omit<Batch, keyof BatchId>;

const tables = ["bots", "statusChanges", "botMetrics", "llmUsage", "customMetrics"] as const;
export type RowKind = (typeof tables)[number];

/** The table of each kind, as the metrics name it. */
export const tableOf: Readonly<Record<RowKind, string>> = {
  bots: "monitor_bots",
  statusChanges: "monitor_status_history",
  botMetrics: "bot_metrics",
  llmUsage: "llm_usage",
  customMetrics: "monitor_custom_metrics",
};

export function eachKind(rows: BatchRows, on: (kind: RowKind, count: number) => void): void {
  for (const kind of tables) {
    const count = rows[kind]?.length ?? 0;
    if (count > 0) on(kind, count);
  }
}

/** Rows without the records of bots, which replace one another. */
export function countOf(rows: BatchRows): number {
  let total = 0;
  eachKind(rows, (kind, count) => {
    if (kind !== "bots") total += count;
  });
  return total;
}

/** Rows of alerts have a log of their own, and do not count among the rows of the fleet. */
const alertTables = ["alerts", "tells", "notices", "silences", "facts"] as const;

/** Two batches with the same rows, or null for one row, which cannot be told apart any further. */
export function halvesOf(rows: BatchRows): readonly [BatchRows, BatchRows] | null {
  const counts = [...tables, ...alertTables].map((kind) => [kind, rows[kind]?.length ?? 0] as const);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const { forgotten, prices } = rows;
  if (total + (forgotten === undefined ? 0 : 1) <= 1) return null;
  // Before any record of the same channels.
  const first: Record<string, unknown> = forgotten === undefined ? {} : { forgotten };
  const second: Record<string, unknown> = {};
  let left = total >> 1;
  for (const [kind, count] of counts) {
    const taken = Math.min(left, count);
    left -= taken;
    if (taken > 0) first[kind] = rows[kind]?.slice(0, taken);
    if (taken < count) second[kind] = rows[kind]?.slice(taken);
  }
  // A price that is there already stays as it is, so whichever half is stored first has it.
  if (prices !== undefined) [first["prices"], second["prices"]] = [prices, prices];
  if (rows.markOldStatusOffline === true) second["markOldStatusOffline"] = true;
  return [first, second];
}
