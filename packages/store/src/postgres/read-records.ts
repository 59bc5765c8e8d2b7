import { botRecord, type FleetPage, type FleetPagePlan, type StoredBot } from "../bot.js";
import { causeCodeOf } from "../cause-code.js";
import { llmUsageRecord } from "../llm-usage.js";
import { byText } from "../metric-series.js";
import { priceRecord, type StoredPrice } from "../price.js";
import type { RunsPlan, StoredRun } from "../run.js";
import { type HistoryPlan, type StoredStatusChange, statusChangeRecord } from "../status-change.js";
import type { StoredUsage, UsagePage, UsagePagePlan } from "../usage-page.js";
import { storableText } from "./binary-array.js";
import { botOf } from "./read-host-bots.js";
import { Conditions, numberIn, type ReadScope, textIn } from "./read-scope.js";
import { msOf } from "./record-columns.js";
import { inOrder, readerOf, rowsPerLook } from "./record-reader.js";

const bots = readerOf(botRecord);
const changes = readerOf(statusChangeRecord);
const calls = readerOf(llmUsageRecord);
const prices = readerOf(priceRecord);

export async function readFleet(scope: ReadScope): Promise<StoredBot[]> {
  const found = await botsWhere(scope, () => undefined, "");
  return found.sort((a, b) => byText(a.channel, b.channel));
}

export async function readFleetPage(scope: ReadScope, { after, limit }: FleetPagePlan): Promise<FleetPage> {
  const found = await botsWhere(
    scope,
    (where) => {
      if (after === null) return;
      where.add(`${inOrder("r.channel")} > ${where.value(storableText(after), "text")}`);
    },
    `ORDER BY ${inOrder("r.channel")} LIMIT ${limit + 1}`,
  );
  const page = found.slice(0, limit);
  return { bots: page, next: found.length > limit ? (page.at(-1)?.channel ?? null) : null };
}

async function botsWhere(
  scope: ReadScope,
  limitTo: (where: Conditions) => void,
  rest: string,
): Promise<StoredBot[]> {
  const where = new Conditions(scope, "r");
  limitTo(where);
  const rows = await scope.rows(
    `SELECT ${bots.select} FROM ${where.table("bots")} AS r WHERE ${where} ${rest}`,
    where.values,
  );
  return rows.map(botOf);
}

/** A change of status with the host that it happened on. */
export interface HostStatusChange extends StoredStatusChange {
  readonly hostNo: number;
}

export async function readHistory(scope: ReadScope, plan: HistoryPlan): Promise<StoredStatusChange[]> {
  return (await readHostHistory(scope, plan)).map(({ hostNo: _, ...change }) => change);
}

export async function readHostHistory(scope: ReadScope, plan: HistoryPlan): Promise<HostStatusChange[]> {
  const found: HostStatusChange[] = [];
  let { beforeId } = plan;
  for (;;) {
    const look = plan.causes === undefined ? plan.limit : rowsPerLook;
    const rows = await changesBefore(scope, plan, beforeId, look);
    for (const row of rows) {
      if (plan.causes !== undefined && !plan.causes.includes(row.causeCode)) continue;
      if (found.push(row) === plan.limit) return found;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < look) return found;
    beforeId = last.id;
  }
}

async function changesBefore(
  scope: ReadScope,
  { channel, fromMs, toMs, to, from, causes, afterId }: HistoryPlan,
  beforeId: number,
  limit: number,
): Promise<HostStatusChange[]> {
  const where = new Conditions(scope, "r");
  where.add(`r.id < ${where.value(beforeId, "bigint")} AND r.id > ${where.value(afterId, "bigint")}`);
  if (channel !== undefined) where.add(`r.channel = ${where.value(storableText(channel), "text")}`);
  if (fromMs > 0) where.add(`r.ts >= ${where.time(fromMs)}`);
  if (toMs < Number.MAX_SAFE_INTEGER) where.add(`r.ts < ${where.time(toMs)}`);
  const isStep = "r.from_status IS DISTINCT FROM r.to_status";
  if (to !== undefined) where.add(`r.to_status = ANY (${where.value(to, "text[]")}) AND ${isStep}`);
  if (from !== undefined) where.add(`r.from_status = ANY (${where.value(from, "text[]")}) AND ${isStep}`);
  // A row without a code may have any of them by its sentence, and an unknown code is `other`.
  if (causes !== undefined && !causes.includes("other")) {
    where.add(`(r.cause_code IS NULL OR r.cause_code = ANY (${where.value(causes, "text[]")}))`);
  }
  const rows = await scope.rows(
    `SELECT r.id::float8 AS id, r.host_no, ${changes.select} FROM ${where.table("status_history")} AS r WHERE ${where} ORDER BY r.id DESC LIMIT ${limit}`,
    where.values,
  );
  return rows.map((row): HostStatusChange => {
    const stored = changes.rowOf(row);
    const causeCode = causeCodeOf(stored.causeCode, stored.cause);
    const from = stored.from as StoredStatusChange["from"];
    return { ...stored, from, causeCode, id: numberIn(row, "id"), hostNo: numberIn(row, "host_no") };
  });
}

/** A page looks at a range of ids, where each has few rows or none that were deleted. */
export async function readUsagePage(scope: ReadScope, plan: UsagePagePlan): Promise<UsagePage> {
  const { channel, fromMs, toMs, afterId, limit } = plan;
  const lastId = plan.lastId ?? (await newestCall(scope));
  const endId = Math.min(afterId + limit, lastId);
  const where = new Conditions(scope, "r");
  where.add(`r.id > ${where.value(afterId, "bigint")} AND r.id <= ${where.value(endId, "bigint")}`);
  where.add(`r.ts >= ${where.time(fromMs)} AND r.ts < ${where.time(toMs)}`);
  if (channel !== undefined) where.add(`r.channel = ${where.value(storableText(channel), "text")}`);
  const rows = await scope.rows(
    `SELECT r.id::float8 AS id, ${calls.select} FROM ${where.table("llm_usage")} AS r WHERE ${where} ORDER BY r.id`,
    where.values,
  );
  return {
    rows: rows.map((row): StoredUsage => ({ ...calls.rowOf(row), id: numberIn(row, "id") })),
    next: endId < lastId ? { afterId: endId, lastId } : null,
  };
}

/**
 * The sequence knows it without a look at the rows; ids that are still being written may follow.
 */
async function newestCall(scope: ReadScope): Promise<number> {
  const where = new Conditions(scope, "r");
  const [row] = await scope.rows(
    `SELECT CASE WHEN is_called THEN last_value ELSE 0 END::float8 AS id FROM ${where.table("llm_usage_ids")}`,
  );
  return row === undefined ? 0 : numberIn(row, "id");
}

export async function readPrices(scope: ReadScope): Promise<StoredPrice[]> {
  const where = new Conditions(scope, "r");
  const text = `SELECT ${prices.select} FROM ${where.table("prices")} AS r WHERE ${where} ORDER BY r.first_used, r.price_id`;
  return (await scope.rows(text, where.values)).map(prices.rowOf);
}

export async function readRuns(scope: ReadScope, { fromMs, limit }: RunsPlan): Promise<StoredRun[]> {
  const where = new Conditions(scope, "r");
  where.add(`r.seen >= ${where.time(fromMs)}`);
  const rows = await scope.rows(
    `SELECT r.producer, ${msOf("r.started")} AS started, ${msOf("r.seen")} AS seen, ${msOf("r.stopped")} AS stopped
 FROM ${where.table("runs")} AS r WHERE ${where} ORDER BY r.started DESC, ${inOrder("r.producer")} DESC LIMIT ${limit}`,
    where.values,
  );
  return rows.map(
    (row): StoredRun => ({
      producer: textIn(row, "producer"),
      startedMs: numberIn(row, "started"),
      seenMs: numberIn(row, "seen"),
      stoppedMs: row["stopped"] === null ? null : numberIn(row, "stopped"),
    }),
  );
}
