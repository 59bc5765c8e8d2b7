import { cutPeriod, type Period } from "../period.js";
import { saturated } from "../saturation.js";
import { boundFromMs } from "../timestamp.js";
import { sumColumns, usageMeasures } from "../usage-measure.js";
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
import { hourOf } from "./rollup.js";
import { rawSums, rolledSums } from "./usage-sql.js";

/** The four keys, then the sums in the order of `sumColumns`. */
type Row = [
  channel: string | null,
  model: string | null,
  feature: string | null,
  tsMs: number | null,
  ...sums: number[],
];
const keyCount = 4;

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
    const key = JSON.stringify(row.slice(0, keyCount));
    const sum = groups.get(key);
    if (sum === undefined) groups.set(key, row);
    else for (let i = keyCount; i < row.length; i++) sum[i] = (sum[i] as number) + (row[i] as number);
  }
  if (plan.keys.length === 0 && groups.size === 0)
    groups.set("", [null, null, null, null, ...sumColumns.map(() => 0)]);
  return rankTotals([...groups.values()].map(totalFromRow), plan);
}

function rolledRows(connection: ReadConnection, plan: UsagePlan, period: Period): Row[] {
  if (period.fromMs >= period.toMs) return [];
  const walk = walkChannels("monitor_usage_hours", plan.channel);
  const { sql, values } = filterOf(plan);
  return connection.rows(
    `${walk.sql} SELECT ${keysOf(plan.keys, "u.bucket_ms")}, ${rolledSums(connection.hasColumn)}
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
    `SELECT ${keysOf(plan.keys, hourOf("u.ts"))}, ${rawSums(connection.hasColumn)} FROM llm_usage AS u NOT INDEXED ${extras}
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
    `${walk.sql} SELECT ${keysOf(plan.keys, hourOf("u.ts"))}, ${rawSums(connection.hasColumn)}
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

function totalFromRow([channel, model, feature, tsMs, ...sums]: Row): UsageTotal {
  const total: Record<string, unknown> = { channel, model, feature, tsMs, calls: sums[0] };
  for (const { name, at, calls, isAverage } of usageMeasures) {
    const sum = saturated(sums[at] as number | null);
    const known = calls === null ? null : (sums[calls.at] as number);
    total[name] = known === 0 ? null : isAverage && known !== null ? sum / known : sum;
    if (calls !== null) total[calls.name] = known;
  }
  return total as unknown as UsageTotal;
}
