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

/** From so many calls on a stretch is worth a look at where they stand. */
const leastScanned = 2_000;
/** Ids are looked at in blocks of 2^10 of them. */
const blockBits = 10;
/** A block is read whole where at least every fourth of its ids is a call of the stretch. */
const leastOfBlock = 2 ** blockBits / 4;
/** A month of days that begin within an hour has as many. */
const mostScannedStretches = 32;

/**
 * `added`: the calls of these stretches, read one by one. `taken`: what takes those away again that
 * the rollups have of their hour.
 *
 * The index finds them channel by channel, and then each is a page of its own to read. Calls that
 * were written in the order of time stand together, and where they are many, all that stands there
 * is read instead: a tenth of the time (`pnpm bench store/totals`). Those that came late, and stand
 * elsewhere, are found by the index.
 */
export function callParts(
  connection: ReadConnection,
  plan: UsagePlan,
  stretches: readonly UsageStretch[],
  kind: CallKind,
): UsagePart[] {
  const isScanned = plan.channel === undefined && stretches.length <= mostScannedStretches;
  const scanned: UsagePart[] = [];
  const scattered: ScatteredCalls[] = [];
  for (const stretch of stretches) {
    const place = isScanned ? placeOf(connection, stretch) : null;
    if (place !== null) scanned.push(scanPart(connection, plan, stretch, place, kind));
    if (place === null || place.elsewhere > 0) scattered.push({ stretch, without: place });
  }
  return scattered.length === 0 ? scanned : [...scanned, indexPart(connection, plan, scattered, kind)];
}

type CallKind = "added" | "taken";

/** Ids among which calls of a stretch stand, and how many stand elsewhere. */
interface Place extends IdRange {
  readonly elsewhere: number;
}

/** Calls of a stretch but for those within a range of ids. */
interface ScatteredCalls {
  readonly stretch: UsageStretch;
  readonly without: IdRange | null;
}

/** The longest row of blocks with many calls of a stretch; null where these are few. */
function placeOf(connection: ReadConnection, { fromMs, toMs }: UsageStretch): Place | null {
  const walk = walkChannels("llm_usage", undefined);
  const blocks = connection.rows(
    `${walk.sql} SELECT u.id >> ${blockBits} AS block, count(*) FROM walk CROSS JOIN llm_usage AS u
       ON u.channel = walk.name AND u.ts >= ? AND u.ts < ? GROUP BY block ORDER BY block`,
    [...walk.values, boundFromMs(fromMs), boundFromMs(toMs)],
  ) as [block: number, calls: number][];
  const calls = blocks.reduce((sum, [, count]) => sum + count, 0);
  let longest = { first: 0, blocks: 0, calls: 0 };
  let row = longest;
  for (const [block, count] of blocks) {
    if (count < leastOfBlock) continue;
    const isNext = block === row.first + row.blocks;
    row = isNext
      ? { ...row, blocks: row.blocks + 1, calls: row.calls + count }
      : { first: block, blocks: 1, calls: count };
    if (row.calls > longest.calls) longest = row;
  }
  if (longest.calls < leastScanned) return null;
  const first = longest.first * 2 ** blockBits;
  return { first, last: first + longest.blocks * 2 ** blockBits - 1, elsewhere: calls - longest.calls };
}

function scanPart(
  connection: ReadConnection,
  plan: UsagePlan,
  { fromMs, toMs, dayMs }: UsageStretch,
  { first, last }: IdRange,
  kind: CallKind,
): UsagePart {
  const { sql, values } = filterOf(plan);
  // What changes from one question to the next is bound: the text of each statement is kept.
  const days = plan.keys.includes("day") ? [dayMs] : [];
  return {
    sql: `WITH s (from_ts, to_ts) AS MATERIALIZED (SELECT ?, ?)
     SELECT ${columnsOf(connection, plan, kind, "?")}
     FROM s CROSS JOIN llm_usage AS u NOT INDEXED ${usageExtras}
     WHERE u.id BETWEEN ? AND ? AND u.ts >= s.from_ts AND u.ts < s.to_ts AND ${conditionOf(kind)}${sql}`,
    values: [boundFromMs(fromMs), boundFromMs(toMs), ...days, first, last, ...values],
  };
}

function indexPart(
  connection: ReadConnection,
  plan: UsagePlan,
  calls: readonly ScatteredCalls[],
  kind: CallKind,
): UsagePart {
  const walk = walkChannels("llm_usage", plan.channel);
  const { sql, values } = filterOf(plan);
  const bounds = calls.map(({ stretch: { fromMs, toMs, dayMs }, without }) => [
    boundFromMs(fromMs),
    boundFromMs(toMs),
    dayMs,
    without?.first ?? 0,
    without?.last ?? -1,
  ]);
  return {
    sql: `${walk.sql}, s (from_ts, to_ts, day_ms, without_first, without_last) AS MATERIALIZED
       (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?))
     SELECT ${columnsOf(connection, plan, kind, "s.day_ms")}
     FROM walk CROSS JOIN s CROSS JOIN llm_usage AS u
       ON u.channel = walk.name AND u.ts >= s.from_ts AND u.ts < s.to_ts
         AND u.id NOT BETWEEN s.without_first AND s.without_last AND ${conditionOf(kind)}${sql} ${usageExtras}`,
    values: [...walk.values, JSON.stringify(bounds), ...values],
  };
}

function columnsOf({ hasColumn }: ReadConnection, plan: UsagePlan, kind: CallKind, day: string): string {
  const time = plan.keys.includes("day") ? day : plan.keys.includes("hour") ? hourOf("u.ts") : "NULL";
  const values =
    kind === "added"
      ? `${rawValues(hasColumn)}, ${rawLatency}`
      : `${takenValues(hasColumn)}, ${takenLatency}`;
  return `${namesOf(plan)}, ${time}, ${values}`;
}

/** The rollups file a call by the hour that its time begins with, whatever comes behind it. */
const conditionOf = (kind: CallKind) =>
  kind === "added"
    ? soundNames
    : `${isRolledUp} AND ${hourOf("u.ts")} = ${hourOf("s.from_ts")} AND ${soundNames}`;
