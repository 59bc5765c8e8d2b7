import { cutPeriod, type Period } from "../period.js";
import { boundFromMs } from "../timestamp.js";
import {
  dayMs,
  hourMs,
  rankTotals,
  type UsageKey,
  type UsagePlan,
  type UsageTotal,
} from "../usage-totals.js";
import { walkChannels } from "./channel-walk.js";
import type { ReadConnection } from "./read-connection.js";
import { hourOf, usageColumns } from "./rollup.js";

type Row = [
  ...[channel: string | null, model: string | null, feature: string | null, tsMs: number | null],
  ...[calls: number, tokensIn: number, tokensOut: number, cachedCalls: number, tokensCached: number],
  ...[costCalls: number, costUsd: number, latencyCalls: number, latencySum: number],
];

const rolledSums = `sum(u.calls), total(u.tokens_in), total(u.tokens_out), sum(u.cached_calls), total(u.tokens_cached),
  sum(u.cost_calls), total(u.cost_usd), sum(u.latency_calls), total(u.latency_sum)`;
const extras = "LEFT JOIN monitor_usage_extras AS x ON x.usage_id = u.id";
const sound = "typeof(u.channel) = 'text' AND typeof(u.model) = 'text' AND typeof(u.feature) = 'text'";

/**
 * Whole hours come from the rollups, and what these do not have yet from the rows beyond their cursor; the parts of an hour at
 * both ends come from the rows. So the answer is exact for any period, at any moment.
 */
export function readUsage(connection: ReadConnection, plan: UsagePlan): UsageTotal[] {
  const { head, middle, tail } = cutPeriod(plan, hourMs);
  const rows = [
    ...rawRows(connection, plan, head),
    ...rolledRows(connection, plan, middle),
    ...unrolledRows(connection, plan, middle),
    ...rawRows(connection, plan, tail),
  ];
  const groups = new Map<string, Row>();
  for (const row of rows) {
    const key = JSON.stringify(row.slice(0, 4));
    const sum = groups.get(key);
    if (sum === undefined) groups.set(key, row);
    else for (let i = 4; i < row.length; i++) sum[i] = (sum[i] as number) + (row[i] as number);
  }
  if (plan.keys.length === 0 && groups.size === 0)
    groups.set("", [null, null, null, null, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  return rankTotals([...groups.values()].map(totalFromRow), plan);
}

function rolledRows(connection: ReadConnection, plan: UsagePlan, period: Period): Row[] {
  if (period.fromMs >= period.toMs) return [];
  const walk = walkChannels("monitor_usage_hours", plan.channel);
  const { sql, values } = filterOf(plan);
  return connection.rows(
    `${walk.sql} SELECT ${keysOf(plan.keys, "u.bucket_ms")}, ${rolledSums}
     FROM walk CROSS JOIN monitor_usage_hours AS u ON u.channel = walk.name AND u.bucket_ms >= ? AND u.bucket_ms < ?${sql}
     ${groupOf(plan.keys)}`,
    [...walk.values, period.fromMs, period.toMs, ...values],
  ) as Row[];
}

function unrolledRows(connection: ReadConnection, plan: UsagePlan, period: Period): Row[] {
  if (period.fromMs >= period.toMs) return [];
  const { sql, values } = filterOf(plan);
  const only = plan.channel === undefined ? "" : " AND u.channel = ?";
  return connection.rows(
    `SELECT ${keysOf(plan.keys, hourOf("u.ts"))}, ${usageColumns} FROM llm_usage AS u NOT INDEXED ${extras}
     WHERE u.id > (SELECT last_id FROM monitor_rollup_cursors WHERE source = 'llm_usage')
       AND u.ts >= ? AND u.ts < ? AND ${sound}${sql}${only} ${groupOf(plan.keys)}`,
    [
      boundFromMs(period.fromMs),
      boundFromMs(period.toMs),
      ...values,
      ...(plan.channel === undefined ? [] : [plan.channel]),
    ],
  ) as Row[];
}

function rawRows(connection: ReadConnection, plan: UsagePlan, period: Period): Row[] {
  if (period.fromMs >= period.toMs) return [];
  const walk = walkChannels("llm_usage", plan.channel);
  const { sql, values } = filterOf(plan);
  return connection.rows(
    `${walk.sql} SELECT ${keysOf(plan.keys, hourOf("u.ts"))}, ${usageColumns}
     FROM walk CROSS JOIN llm_usage AS u ON u.channel = walk.name AND u.ts >= ? AND u.ts < ? AND ${sound}${sql} ${extras}
     ${groupOf(plan.keys)}`,
    [...walk.values, boundFromMs(period.fromMs), boundFromMs(period.toMs), ...values],
  ) as Row[];
}

/** Channel, model, feature and time, null where the group has none. */
function keysOf(keys: readonly UsageKey[], hour: string): string {
  const name = (key: UsageKey) => (keys.includes(key) ? `u.${key}` : "NULL");
  const time = keys.includes("hour") ? hour : keys.includes("day") ? `${hour} / ${dayMs} * ${dayMs}` : "NULL";
  return [name("channel"), name("model"), name("feature"), time].join(", ");
}

/** Without keys SQLite would answer a row for no rows at all. */
function groupOf(keys: readonly UsageKey[]): string {
  return keys.length === 0 ? "HAVING count(*) > 0" : "GROUP BY 1, 2, 3, 4";
}

function filterOf({ model, feature }: UsagePlan): { sql: string; values: string[] } {
  const wanted = Object.entries({ model, feature }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  return {
    sql: wanted.map(({ name }) => ` AND u.${name} = ?`).join(""),
    values: wanted.map(({ value }) => value),
  };
}

function totalFromRow(row: Row): UsageTotal {
  const [channel, model, feature, tsMs, calls, tokensIn, tokensOut, ...known] = row;
  const [cachedCalls, tokensCached, costCalls, costUsd, latencyCalls, latencySum] = known;
  return {
    ...{ channel, model, feature, tsMs, calls, tokensIn, tokensOut, cachedCalls, costCalls, latencyCalls },
    tokensCached: cachedCalls === 0 ? null : tokensCached,
    costUsd: costCalls === 0 ? null : costUsd,
    latencyMsAvg: latencyCalls === 0 ? null : latencySum / latencyCalls,
  };
}
