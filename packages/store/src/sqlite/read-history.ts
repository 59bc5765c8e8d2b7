import { type HistoryPlan, type StoredStatusChange, statusChangeRecord } from "../status-change.js";
import type { ReadConnection } from "./read-connection.js";
import { rowFrom, selectList } from "./record-statement.js";

const list = `id, ${selectList(statusChangeRecord, "monitor_status_history")}`;
const changeOf = rowFrom(statusChangeRecord, "monitor_status_history");

export function readHistory(connection: ReadConnection, plan: HistoryPlan): StoredStatusChange[] {
  const { channel, fromMs, toMs, beforeId, limit } = plan;
  const only = channel === undefined ? "" : "channel = ? AND ";
  const rows = connection.rows(
    `SELECT ${list} FROM monitor_status_history
     WHERE ${only}id < ? AND ts_ms >= ? AND ts_ms < ? ORDER BY id DESC LIMIT ?`,
    [...(channel === undefined ? [] : [channel]), beforeId, fromMs, toMs, limit],
  );
  return rows.map(([id, ...values]) => ({ id, ...changeOf(values) }) as StoredStatusChange);
}
