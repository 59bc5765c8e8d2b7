import { llmUsageRecord } from "../../llm-usage.js";
import { columnsOf } from "../../record.js";
import { type SumColumn, sumColumns } from "../../usage-measure.js";
import type { UsageOrder } from "../../usage-totals.js";
import { taken } from "./latency-functions.js";
import { inUtf16Order } from "./text-order.js";

/**
 * Where the rows of each table stand in a question about usage: `u` is a usage row, or a row of the
 * rollup.
 */
const aliases = { llm_usage: "u", monitor_usage_extras: "x", monitor_usage_hours: "u" } as const;

/** Joins to a usage row, `u`, what the old table has no column for. */
export const usageExtras = "LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id";

/** The old table takes any value in any column; a row whose names are no texts counts nowhere. */
export const soundNames =
  "typeof(u.channel) = 'text' AND typeof(u.model) = 'text' AND typeof(u.feature) = 'text'";

/** Whether a table of the file has a column. */
export type HasColumn = (table: keyof typeof aliases, column: string) => boolean;

/**
 * The ninth column of `llm_usage`, which some loggers of the Python era write themselves, where it
 * says an amount.
 */
export const toldAmount =
  "CASE WHEN typeof(u.cost_usd) IN ('real', 'integer') AND u.cost_usd BETWEEN 0 AND 1.7976931348623157e308 THEN u.cost_usd END";

/**
 * What is asked of usage rows, joined to what the old table has no column for, in the order of
 * `sumColumns`. Only whole numbers and sums of doubles come out, see `schema.ts`. A column that an
 * older file does not have yet is null in all its rows. A cost of ours counts before one that the
 * old table tells.
 */
export function rawSums(has: HasColumn): string {
  return sumColumns
    .map(({ column, raw, source }) => {
      if (source === null) return `${raw}(*) AS ${column}`;
      return `${raw}(${summedValue(source, has)}) AS ${column}`;
    })
    .join(", ");
}

/** `rawSums` in a file that is written to: it has every column of ours. */
export const usageColumns = (isCostTold: boolean) =>
  rawSums((table, column) => isCostTold || table !== "llm_usage" || column !== "cost_usd");

/** What one usage row adds to each sum. */
export function rawValues(has: HasColumn): string {
  return valuesOf(has).join(", ");
}

/** What takes one usage row out of each sum again. */
export function takenValues(has: HasColumn): string {
  return valuesOf(has)
    .map((value) => `-(${value})`)
    .join(", ");
}

function valuesOf(has: HasColumn): string[] {
  return sumColumns.map(({ raw, source }) => {
    if (source === null) return "1";
    const value = summedValue(source, has);
    return raw === "count" ? `(${value}) IS NOT NULL` : value;
  });
}

/** How long one usage row took, where that is a latency as our own rows have it. */
export const rawLatency =
  "CASE WHEN typeof(u.latency_ms) = 'real' AND u.latency_ms BETWEEN 0 AND 1.7976931348623157e308 THEN u.latency_ms END";

/** What takes one usage row out of a histogram again (`binsOf`). */
export const takenLatency = taken(rawLatency);

/** The histogram of one row of the rollup; null where no version with histograms added to it. */
export function rolledLatency(has: HasColumn): string {
  return has("monitor_usage_hours", "latency_bins") ? "u.latency_bins" : "NULL";
}

/** The fields of one usage row, in the order of the record. */
export function usageValues(has: HasColumn): string {
  const own = columnsOf(llmUsageRecord, "llm_usage");
  const extra = columnsOf(llmUsageRecord, "monitor_usage_extras");
  return llmUsageRecord.list
    .map(({ name }) => {
      const found = own.find(({ field }) => field.name === name);
      if (found !== undefined) return `u.${found.column}`;
      const column = extra.find(({ field }) => field.name === name)?.column ?? name;
      return summedColumn({ table: "monitor_usage_extras", column }, has);
    })
    .join(", ");
}

function summedValue(source: NonNullable<SumColumn["source"]>, has: HasColumn): string {
  if (typeof source === "object") return summedColumn(source, has);
  const cost = summedColumn({ table: "monitor_usage_extras", column: "cost_usd" }, has);
  if (source === "costTokens") return `CASE WHEN ${cost} IS NOT NULL THEN u.tokens_in + u.tokens_out END`;
  if (!has("monitor_usage_extras", "price_id")) return cost;
  return `CASE WHEN x.price_id IS NULL THEN ${cost} END`;
}

interface Column {
  readonly table: keyof typeof aliases;
  readonly column: string;
}

function summedColumn({ table, column }: Column, has: HasColumn): string {
  const own = has(table, column) ? `${aliases[table]}.${column}` : "NULL";
  return column === "cost_usd" && has("llm_usage", column) ? `coalesce(${own}, ${toldAmount})` : own;
}

/** What one row of the rollup adds to each sum. */
export function rolledValues(has: HasColumn): string {
  const ofCost = rolledCost(has("monitor_usage_hours", "covered_calls"));
  return sumColumns
    .map(({ column }) => ofCost[column] ?? (has("monitor_usage_hours", column) ? `u.${column}` : "0"))
    .join(", ");
}

/**
 * An hour to which an older version added does not say of how many tokens the cost is known. That
 * is plain where it is known of no call; and of every call, where only older versions, which price
 * nothing, made the hour. Any other is covered by none of its calls.
 */
function rolledCost(isCounted: boolean): Readonly<Record<string, string>> {
  const covered = isCounted ? "u.covered_calls IS u.calls" : "FALSE";
  const allTold = `${isCounted ? "u.covered_calls IS NULL AND " : ""}u.cost_calls = u.calls`;
  const value = (stored: string, told: string) =>
    `CASE ${isCounted ? `WHEN ${covered} THEN u.${stored} ` : ""}WHEN ${allTold} THEN ${told} ELSE 0 END`;
  return {
    told_usd: value("told_usd", "u.cost_usd"),
    cost_tokens: value("cost_tokens", "u.tokens_in + u.tokens_out"),
    covered_calls: `CASE WHEN ${covered} OR u.cost_calls = 0 OR (${allTold}) THEN u.calls ELSE 0 END`,
  };
}

/**
 * Whether the row of the rollup knows less than its calls do: an older version added to it, which
 * counted no percentiles, or not what the cost covers.
 */
export function isLessThanItsCalls(has: HasColumn): string {
  const isCovered = rolledCost(has("monitor_usage_hours", "covered_calls"))["covered_calls"];
  const lacksBins = has("monitor_usage_hours", "latency_bins") ? "u.latency_bins IS NULL" : "TRUE";
  return `(${isCovered} IS NOT u.calls OR u.latency_calls > 0 AND ${lacksBins})`;
}

/**
 * Whether the row of the rollup has a sum of which so much was rounded away that calls cannot be
 * taken out of it: whole numbers from 2^53 on, dollars from a million, of which 10^-10 is rounded
 * away, and milliseconds from 10^12, of which 10^-4 is.
 */
export function isBeyondDifferences(has: HasColumn): string {
  const tooLarge = sumColumns.flatMap(({ column }) => {
    if (!has("monitor_usage_hours", column)) return [];
    const least = column.endsWith("_usd")
      ? "1e6"
      : column.startsWith("latency")
        ? "1e12"
        : "9007199254740992";
    return [`abs(coalesce(u.${column}, 0)) >= ${least}`];
  });
  return `(${tooLarge.join(" OR ")})`;
}

const largest = "1.7976931348623157e308";
const answered = (sum: string) => `min(coalesce(${sum}, ${largest}), ${largest})`;
const weights: Readonly<Record<UsageOrder, string>> = {
  calls: "total(calls)",
  tokens: `${answered("total(tokens_in)")} + ${answered("total(tokens_out)")}`,
  costUsd: `CASE WHEN total(cost_calls) = 0 THEN -1 ELSE ${answered("total(cost_usd)")} END`,
  time: "NULL",
};

/**
 * The order of `rankTotals`, for groups with the columns `channel`, `model`, `feature` and `ts_ms`.
 */
export function orderOf(order: UsageOrder): string {
  const names = ["channel", "model", "feature"].map(inUtf16Order);
  return [`${weights[order]} DESC`, "ts_ms", ...names].join(", ");
}
