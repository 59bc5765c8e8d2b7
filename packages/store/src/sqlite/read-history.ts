import type { BotStatus } from "../bot.js";
import type { HistoryPlan, StoredStatusChange } from "../status-change.js";
import type { ReadConnection } from "./read-connection.js";

type Row = [
  id: number,
  tsMs: number,
  channel: string,
  pid: number,
  from: BotStatus | null,
  to: BotStatus,
  cause: string,
];

export function readHistory(connection: ReadConnection, plan: HistoryPlan): StoredStatusChange[] {
  const { channel, fromMs, toMs, beforeId, limit } = plan;
  const only = channel === undefined ? "" : "channel = ? AND ";
  const rows = connection.rows(
    `SELECT id, ts_ms, channel, pid, from_status, to_status, cause FROM monitor_status_history
     WHERE ${only}id < ? AND ts_ms >= ? AND ts_ms < ? ORDER BY id DESC LIMIT ?`,
    [...(channel === undefined ? [] : [channel]), beforeId, fromMs, toMs, limit],
  ) as Row[];
  return rows.map(([id, tsMs, name, pid, from, to, cause]) => ({
    id,
    tsMs,
    channel: name,
    pid,
    from,
    to,
    cause,
  }));
}
