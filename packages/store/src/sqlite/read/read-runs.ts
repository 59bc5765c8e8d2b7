import type { RunsPlan, StoredRun } from "../../run.js";
import type { ReadConnection } from "./read-connection.js";

type Row = [producer: string, startedMs: number, seenMs: number, stoppedMs: number | null];

export function readRuns(connection: ReadConnection, { fromMs, limit }: RunsPlan): StoredRun[] {
  // A file that is only read may be older than the table.
  if (!connection.hasColumn("monitor_runs", "seen_ms")) return [];
  const rows = connection.rows(
    `SELECT producer, started_ms, seen_ms, stopped_ms FROM monitor_runs
     WHERE seen_ms >= ? ORDER BY started_ms DESC, producer DESC LIMIT ?`,
    [fromMs, limit],
  ) as Row[];
  return rows.map(([producer, startedMs, seenMs, stoppedMs]) => ({ producer, startedMs, seenMs, stoppedMs }));
}
