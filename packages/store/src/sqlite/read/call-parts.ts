import type { IdRange } from "../../ranges.js";
import { boundFromMs } from "../../timestamp.js";
import type { UsageStretch } from "../../usage-stretch.js";
import type { UsagePlan } from "../../usage-totals.js";
import { hourOf } from "../sql/row-time.js";
import {
  rawLatency,
  rawValues,
  soundNames,
  takenLatency,
  takenValues,
  usageExtras,
} from "../sql/usage-sql.js";
import { walkChannels } from "./channel-walk.js";
import type { ReadConnection } from "./read-connection.js";
import { filterOf, namesOf, type UsagePart } from "./usage-part.js";

/** Whether a call is in the rollups. */
export const isRolledUp = "u.id <= (SELECT last_id FROM monitor_rollup_cursors WHERE source = 'llm_usage')";

/** From so many calls on a stretch is worth a look at whether they stand together. */
const leastScanned = 2_000;
/** Calls stand together where there are at most so many ids for each of them. */
const mostIdsPerCall = 4;
/** Most periods have two: the parts of an hour at their ends. */
const mostScannedStretches = 4;

/**
 * `added`: the calls of these stretches, read one by one. `taken`: what takes those away again that
 * the rollups have.
 *
 * The index finds them channel by channel, and then each is a page of its own to read. Calls that
 * were written in the order of time stand together, and where they are many, all that stands there
 * is read instead: a tenth of the time (`pnpm bench store/totals`).
 */
export function callParts(
  connection: ReadConnection,
  plan: UsagePlan,
  stretches: readonly UsageStretch[],
  kind: "added" | "taken",
): UsagePart[] {
  const isScanned = plan.channel === undefined && stretches.length <= mostScannedStretches;
  const found: UsagePart[] = [];
  const scattered: UsageStretch[] = [];
  for (const stretch of stretches) {
    const ids = isScanned ? idsOf(connection, stretch) : null;
    if (ids === null) scattered.push(stretch);
    else found.push(scanPart(connection, plan, stretch, ids, kind));
  }
  if (scattered.length > 0) found.push(indexPart(connection, plan, scattered, kind));
  return found;
}

/** Where the calls of a stretch stand; null where they are few, or among many others. */
function idsOf(connection: ReadConnection, { fromMs, toMs }: UsageStretch): IdRange | null {
  const walk = walkChannels("llm_usage", undefined);
  const [row] = connection.rows(
    `${walk.sql} SELECT count(*), min(u.id), max(u.id) FROM walk CROSS JOIN llm_usage AS u
       ON u.channel = walk.name AND u.ts >= ? AND u.ts < ?`,
    [...walk.values, boundFromMs(fromMs), boundFromMs(toMs)],
  );
  const [calls, first, last] = row as [number, number, number];
  return calls >= leastScanned && last - first < mostIdsPerCall * calls ? { first, last } : null;
}

function scanPart(
  connection: ReadConnection,
  plan: UsagePlan,
  { fromMs, toMs, dayMs }: UsageStretch,
  { first, last }: IdRange,
  kind: "added" | "taken",
): UsagePart {
  const { sql, values } = filterOf(plan);
  return {
    sql: `SELECT ${columnsOf(connection, plan, kind, `${dayMs}`)}
     FROM llm_usage AS u NOT INDEXED ${usageExtras}
     WHERE u.id BETWEEN ? AND ? AND u.ts >= ? AND u.ts < ? AND ${conditionOf(kind)}${sql}`,
    values: [first, last, boundFromMs(fromMs), boundFromMs(toMs), ...values],
  };
}

function indexPart(
  connection: ReadConnection,
  plan: UsagePlan,
  stretches: readonly UsageStretch[],
  kind: "added" | "taken",
): UsagePart {
  const walk = walkChannels("llm_usage", plan.channel);
  const { sql, values } = filterOf(plan);
  const bounds = stretches.map(({ fromMs, toMs, dayMs }) => [boundFromMs(fromMs), boundFromMs(toMs), dayMs]);
  return {
    sql: `${walk.sql}, stretches (from_ts, to_ts, day_ms) AS MATERIALIZED
       (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))
     SELECT ${columnsOf(connection, plan, kind, "s.day_ms")}
     FROM walk CROSS JOIN stretches AS s CROSS JOIN llm_usage AS u
       ON u.channel = walk.name AND u.ts >= s.from_ts AND u.ts < s.to_ts AND ${conditionOf(kind)}${sql} ${usageExtras}`,
    values: [...walk.values, JSON.stringify(bounds), ...values],
  };
}

function columnsOf(
  { hasColumn }: ReadConnection,
  plan: UsagePlan,
  kind: "added" | "taken",
  day: string,
): string {
  const time = plan.keys.includes("day") ? day : plan.keys.includes("hour") ? hourOf("u.ts") : "NULL";
  const values =
    kind === "added"
      ? `${rawValues(hasColumn)}, ${rawLatency}`
      : `${takenValues(hasColumn)}, ${takenLatency}`;
  return `${namesOf(plan)}, ${time}, ${values}`;
}

const conditionOf = (kind: "added" | "taken") =>
  kind === "added" ? soundNames : `${isRolledUp} AND ${soundNames}`;
