import { type CauseCode, causeCodeOf, causeCodes, sentencePatterns } from "../../cause-code.js";
import { type HistoryPlan, type StoredStatusChange, statusChangeRecord } from "../../status-change.js";
import { maxTimestampMs } from "../../timestamp.js";
import { rowFrom, selectList } from "../sql/record-statement.js";
import type { ReadConnection } from "./read-connection.js";

const changeOf = rowFrom(statusChangeRecord, "monitor_status_history");

export function readHistory(connection: ReadConnection, plan: HistoryPlan): StoredStatusChange[] {
  const { channel, fromMs, toMs, to, from, causes, beforeId, afterId, limit } = plan;
  if ([to, from, causes].some((words) => words?.length === 0)) return [];
  // Only what is asked for: without a time SQLite goes by the id, the newest first, and stops when
  // it has enough; with one that bounds nothing it would read and sort all of the table. With one
  // that does it goes by the time, as what is there may be few of many.
  const isTimed = fromMs > 0 || toMs <= maxTimestampMs;
  const conditions: readonly (readonly [sql: string, value: unknown])[] = [
    ...(channel === undefined ? [] : [["channel = ?", channel] as const]),
    ["id < ?", beforeId],
    ...(afterId > 0 ? [["id > ?", afterId] as const] : []),
    ...(isTimed ? [["ts_ms >= ?", fromMs] as const, ["ts_ms < ?", toMs] as const] : []),
  ];
  const wanted = [
    ...conditions.map(([sql]) => sql),
    ...(to === undefined ? [] : [`to_status IN (${quoted(to)}) AND from_status IS NOT to_status`]),
    ...(from === undefined ? [] : [`from_status IN (${quoted(from)}) AND from_status IS NOT to_status`]),
    ...(causes === undefined ? [] : [causeCondition(causes)]),
  ];
  const list = selectList(statusChangeRecord, "monitor_status_history", connection);
  const rows = connection.rows(
    `SELECT * FROM (SELECT id, ${list} FROM monitor_status_history)
     WHERE ${wanted.join(" AND ")} ORDER BY id DESC LIMIT ?`,
    [...conditions.map(([, value]) => value), limit],
  );
  return rows.map(([id, ...values]) => {
    const change = changeOf(values) as Omit<StoredStatusChange, "id" | "causeCode"> & {
      causeCode: string | null;
    };
    return { ...change, id: id as number, causeCode: causeCodeOf(change.causeCode, change.cause) };
  });
}

/** By the code; of older rows, which have none, by the sentence. */
function causeCondition(causes: readonly CauseCode[]): string {
  const patterns = sentencePatterns.filter(([code]) => causes.includes(code)).map(([, pattern]) => pattern);
  const sentences = patterns.map((pattern) => `cause GLOB ${literal(pattern)}`);
  const codes = [`cause_code IN (${quoted(causes)})`];
  if (causes.includes("other")) {
    codes.push(`cause_code NOT IN (${quoted(causeCodes)})`);
    const known = sentencePatterns.map(([, pattern]) => `cause NOT GLOB ${literal(pattern)}`);
    sentences.push(`(${known.join(" AND ")})`);
  }
  if (sentences.length > 0) codes.push(`(cause_code IS NULL AND (${sentences.join(" OR ")}))`);
  return `(${codes.join(" OR ")})`;
}

/** Words of closed lists and patterns of ours alone come in here. */
function quoted(words: readonly string[]): string {
  return words.map(literal).join(", ");
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
