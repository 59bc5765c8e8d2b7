import { llmUsageRecord } from "../../llm-usage.js";
import { boundFromMs, msFromText } from "../../timestamp.js";
import type { StoredUsage, UsagePage, UsagePagePlan } from "../../usage-page.js";
import { soundNames, usageExtras, usageValues } from "../sql/usage-sql.js";
import type { ReadConnection } from "./read-connection.js";

const names = llmUsageRecord.list.map(({ name }) => name);

/**
 * A page is a stretch of ids, so that each is a short read however few of its calls are asked for,
 * and the log can go between two of them.
 */
export function readUsagePage(connection: ReadConnection, plan: UsagePagePlan): UsagePage {
  const { channel, fromMs, toMs, afterId, limit } = plan;
  const lastId = plan.lastId ?? Number(connection.value("SELECT max(id) FROM llm_usage") ?? 0);
  const endId = connection.value(
    "SELECT max(id) FROM (SELECT id FROM llm_usage WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)",
    [afterId, lastId, limit],
  );
  if (typeof endId !== "number") return { rows: [], next: null };
  const only = channel === undefined ? "" : " AND u.channel = ?";
  const found = connection.rows(
    `SELECT u.id, ${usageValues(connection.hasColumn)} FROM llm_usage AS u NOT INDEXED ${usageExtras}
     WHERE u.id > ? AND u.id <= ? AND u.ts >= ? AND u.ts < ? AND ${soundNames}${only} ORDER BY u.id`,
    [afterId, endId, boundFromMs(fromMs), boundFromMs(toMs), ...(channel === undefined ? [] : [channel])],
  );
  return {
    rows: found.map(rowOf).filter((row) => row !== null),
    next: endId < lastId ? { afterId: endId, lastId } : null,
  };
}

/** Null for a row whose time nobody can read. The old table takes any value in any column. */
function rowOf([id, ...values]: readonly unknown[]): StoredUsage | null {
  const row: Record<string, unknown> = { id };
  for (const [i, { kind, nullable }] of llmUsageRecord.list.entries()) {
    const value = values[i];
    const name = names[i] as string;
    if (kind === "time") {
      row[name] = msFromText(value);
      if (row[name] === null) return null;
    } else if (kind === "text") row[name] = typeof value === "string" ? value : null;
    else row[name] = typeof value === "number" ? value : nullable === true ? null : 0;
  }
  return row as unknown as StoredUsage;
}
