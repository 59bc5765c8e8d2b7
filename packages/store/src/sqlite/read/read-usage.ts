import { cutPeriod, type Period } from "../../period.js";
import { boundFromMs } from "../../timestamp.js";
import { sumColumns } from "../../usage-measure.js";
import { beginsWithinHour, stretchesOf, type UsageStretch } from "../../usage-stretch.js";
import { dayMs, dayOf, hourMs, type UsageKey, type UsagePlan } from "../../usage-totals.js";
import { costSource, costUntilSource } from "../sql/cost-source.js";
import { binsOf } from "../sql/latency-functions.js";
import { hourOf } from "../sql/row-time.js";
import {
  isBeyondDifferences,
  isLessThanItsCalls,
  orderOf,
  rawLatency,
  rawValues,
  rolledLatency,
  rolledValues,
  soundNames,
  usageExtras,
} from "../sql/usage-sql.js";
import { callParts, isRolledUp } from "./call-parts.js";
import { walkChannels } from "./channel-walk.js";
import { type PackedUsage, UsagePacking, type UsageRow } from "./packed-usage.js";
import type { ReadConnection } from "./read-connection.js";
import { filterOf, namesOf, type UsagePart } from "./usage-part.js";

/**
 * Whole hours come from the rollups, and what these do not have yet from the rows beyond their
 * cursor; the parts of an hour at both ends, and hours in which a day begins, come from the rows. A
 * period that ends now, or a moment ago, has the hour under way from the rollups too (`tailOf`). So
 * the answer is exact for any period, at any moment; a sum of doubles, up to rounding.
 *
 * SQLite sums, orders and cuts; only the groups that are answered come out of it, each into
 * buffers, so that a small heap holds a question over any number of groups. Percentiles cost a
 * fifth of a question more.
 */
export function readUsage(connection: ReadConnection, plan: UsagePlan): PackedUsage {
  const { middle, tail } = cutPeriod(plan, hourMs);
  const { fromMs, toMs } = middle;
  const tailKind = tailOf(connection, plan, tail);
  const isWhole = tailKind !== "rows";
  const isLess = tailKind === "hour less rows";
  const parts = [
    rolledPart(connection, plan, { fromMs, toMs: isWhole ? toMs + hourMs : toMs }),
    ...(isLess ? callParts(connection, plan, [beyond(tail, plan)], "taken") : []),
    unrolledPart(connection, plan, { fromMs, toMs: isWhole ? plan.toMs : toMs }),
    ...callParts(connection, plan, stretchesOf(isWhole ? { ...plan, toMs } : plan), "added"),
  ].filter((part) => part !== null);
  const names = [
    "channel",
    "model",
    "feature",
    "ts_ms",
    ...sumColumns.map(({ column }) => column),
    "latency",
  ];
  const sums = sumColumns.map(({ column }) => {
    // What is left of equal sums of doubles may be less than nothing.
    return `${isLess ? `max(total(${column}), 0)` : `total(${column})`} AS ${column}`;
  });
  // A compound takes the names of its columns from its first part.
  const rows = connection.each(
    `SELECT channel, model, feature, ts_ms, ${sums.join(", ")}, ${plan.hasPercentiles ? binsOf("latency") : "NULL"}
     FROM (SELECT ${names.map((name) => `NULL AS ${name}`).join(", ")} WHERE FALSE
       ${parts.map(({ sql }) => `UNION ALL SELECT * FROM (${sql})`).join("\n")})
     ${groupOf(plan.keys)}${isLess && plan.keys.length > 0 ? " HAVING total(calls) > 0" : ""} ORDER BY ${orderOf(plan.orderBy)} LIMIT ?`,
    [...parts.flatMap(({ values }) => values), plan.top],
  ) as Iterable<UsageRow>;
  const packing = new UsagePacking();
  for (const row of rows) packing.add(row);
  return packing.end();
}

/**
 * Of an hour with fewer calls the rows are read, in some milliseconds, and each sum is exactly
 * theirs.
 */
const leastCalls = 2_000;

/** What the part of an hour at the end of the period is made of. */
type Tail =
  | "rows"
  /** The rollups have no call of the hour beyond the period. */
  | "hour"
  /** Those that they have beyond it are few, and are taken away again. */
  | "hour less rows";

/**
 * The hour of a fleet that calls a thousand times a second has millions of rows, and each question
 * would read all of them: for a minute, in which the log cannot be begun anew. Most periods end now
 * by the clock of whoever asks, which is some seconds old when it comes here.
 */
function tailOf(connection: ReadConnection, plan: UsagePlan, tail: Period): Tail {
  const { fromMs, toMs } = tail;
  if (fromMs >= toMs || hasDayBegin(plan, fromMs) || isCostBehind(connection)) return "rows";
  const hours = walkChannels("monitor_usage_hours", plan.channel);
  const ofHour = `FROM walk CROSS JOIN monitor_usage_hours AS u ON u.channel = walk.name AND u.bucket_ms = ?`;
  const isAny = (condition: string) =>
    connection.value(`${hours.sql} SELECT 1 ${ofHour} WHERE ${condition} LIMIT 1`, [
      ...hours.values,
      fromMs,
    ]) !== undefined;
  if (isAny(isLessThanItsCalls(connection.hasColumn))) return "rows";
  if (countBeyond(connection, plan, tail, 1) === 0) return "hour";
  const calls = connection.value(`${hours.sql} SELECT total(u.calls) ${ofHour}`, [
    ...hours.values,
    fromMs,
  ]) as number;
  // Few rows are read as fast, and a sum that is too large is not made smaller again.
  if (calls < leastCalls || isAny(isBeyondDifferences(connection.hasColumn))) return "rows";
  const most = Math.floor(calls / 2);
  return countBeyond(connection, plan, tail, most + 1) > most ? "rows" : "hour less rows";
}

/** Whether costs that bots told are not in all hours yet. */
function isCostBehind(connection: ReadConnection): boolean {
  if (!connection.hasColumn("llm_usage", "cost_usd")) return false;
  const lastId = (source: string) =>
    `(SELECT last_id FROM monitor_rollup_cursors WHERE source = '${source}')`;
  return connection.value(`SELECT ${lastId(costSource)} >= ${lastId(costUntilSource)}`) !== 1;
}

/**
 * How many calls the rollups have of the hour of `tail` that are beyond its end, counted up to
 * `most`.
 */
function countBeyond(connection: ReadConnection, plan: UsagePlan, tail: Period, most: number): number {
  const walk = walkChannels("llm_usage", plan.channel);
  const { fromMs, toMs } = beyond(tail, plan);
  return connection.value(
    `SELECT count(*) FROM (${walk.sql} SELECT 1 FROM walk CROSS JOIN llm_usage AS u
       ON u.channel = walk.name AND u.ts >= ? AND u.ts < ? AND ${isRolledUp} AND ${hourOf("u.ts")} = ? LIMIT ?)`,
    [...walk.values, boundFromMs(fromMs), boundFromMs(toMs), tail.fromMs, most],
  ) as number;
}

/** From the end of a part of an hour to the end of that hour, in which no day begins. */
function beyond({ fromMs, toMs }: Period, { offsetMs }: UsagePlan): UsageStretch {
  return { fromMs: toMs, toMs: fromMs + hourMs, dayMs: dayOf(fromMs, offsetMs) };
}

function rolledPart(connection: ReadConnection, plan: UsagePlan, period: Period): UsagePart | null {
  if (period.fromMs >= period.toMs) return null;
  const walk = walkChannels("monitor_usage_hours", plan.channel);
  const { sql, values } = filterOf(plan);
  return {
    sql: `${walk.sql} SELECT ${keysOf(plan, "u.bucket_ms")}, ${rolledValues(connection.hasColumn)}, ${rolledLatency(connection.hasColumn)}
     FROM walk CROSS JOIN monitor_usage_hours AS u ON u.channel = walk.name AND u.bucket_ms >= ? AND u.bucket_ms < ?${wholeHours(plan, "u.bucket_ms")}${sql}`,
    values: [...walk.values, period.fromMs, period.toMs, ...values],
  };
}

function unrolledPart(connection: ReadConnection, plan: UsagePlan, period: Period): UsagePart | null {
  if (period.fromMs >= period.toMs) return null;
  const { sql, values } = filterOf(plan);
  const only = plan.channel === undefined ? "" : " AND u.channel = ?";
  return {
    sql: `SELECT ${keysOf(plan, hourOf("u.ts"))}, ${rawValues(connection.hasColumn)}, ${rawLatency}
     FROM llm_usage AS u NOT INDEXED ${usageExtras}
     WHERE u.id > (SELECT last_id FROM monitor_rollup_cursors WHERE source = 'llm_usage')
       AND u.ts >= ? AND u.ts < ?${wholeHours(plan, hourOf("u.ts"))} AND ${soundNames}${sql}${only}`,
    values: [
      boundFromMs(period.fromMs),
      boundFromMs(period.toMs),
      ...values,
      ...(plan.channel === undefined ? [] : [plan.channel]),
    ],
  };
}

/** The names and the time of a row, by the hour that it is in. */
function keysOf(plan: UsagePlan, hour: string): string {
  const time = plan.keys.includes("hour") ? hour : plan.keys.includes("day") ? dayOfHour(hour, plan) : "NULL";
  return `${namesOf(plan)}, ${time}`;
}

/** A day is added before the division, which rounds towards zero: a day may begin before 1970. */
function dayOfHour(hour: string, { offsetMs }: UsagePlan): string {
  return `(${hour} + ${dayMs + offsetMs}) / ${dayMs} * ${dayMs} - ${dayMs + offsetMs}`;
}

/** Whether a day begins within this hour. */
function hasDayBegin(plan: UsagePlan, hour: number): boolean {
  return beginsWithinHour(plan) && (hour + dayMs + plan.offsetMs) % dayMs > dayMs - hourMs;
}

/** Leaves out the hours in which a day begins. */
function wholeHours(plan: UsagePlan, hour: string): string {
  if (!beginsWithinHour(plan)) return "";
  return ` AND (${hour} + ${dayMs + plan.offsetMs}) % ${dayMs} <= ${dayMs - hourMs}`;
}

/** Without keys there is one total, over no rows too. */
function groupOf(keys: readonly UsageKey[]): string {
  return keys.length === 0 ? "" : "GROUP BY 1, 2, 3, 4";
}
