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

/** A scan pays from this many calls of a stretch. */
const leastScanned = 2_000;
/** Calls are counted in blocks of 2^10 ids. */
const blockBits = 10;
/**
 * A row of blocks is read whole where at least every fourth of its ids is a call of the stretch.
 */
const leastOfBlock = 2 ** blockBits / 4;
/** A month of days that begin within an hour has 62: each such hour is of two days. */
const mostScannedStretches = 64;

/**
 * `added`: the calls of these stretches, one by one. `taken`: the same calls, but only those in the
 * rollups of their hour, and negated.
 *
 * The index finds calls channel by channel, and each of them is a page of its own to read. Many
 * calls that stand together in the file are read by a scan of their ids instead. The index finds
 * the calls that came late and stand elsewhere.
 */
export function callParts(
  connection: ReadConnection,
  plan: UsagePlan,
  stretches: readonly UsageStretch[],
  kind: CallKind,
): UsagePart[] {
  const isScanned = plan.channel === undefined && stretches.length <= mostScannedStretches;
  const places = isScanned ? placesOf(connection, stretches) : [];
  const scanned = stretches.flatMap((stretch, i) => {
    const place = places[i] ?? null;
    return place === null ? [] : [{ stretch, ids: place }];
  });
  const scattered = stretches.flatMap((stretch, i) => {
    const place = places[i] ?? null;
    return place === null || place.elsewhere > 0 ? [{ stretch, ids: place }] : [];
  });
  return [
    ...(scanned.length > 0 ? [scanPart(connection, plan, scanned, kind)] : []),
    ...(scattered.length > 0 ? [indexPart(connection, plan, scattered, kind)] : []),
  ];
}

type CallKind = "added" | "taken";

/** Ids among which calls of a stretch stand, and how many stand elsewhere. */
interface Place extends IdRange {
  readonly elsewhere: number;
}

/** Calls of a stretch: those within a range of ids, or those that are not. */
interface PlacedCalls {
  readonly stretch: UsageStretch;
  readonly ids: IdRange | null;
}

/** Of each stretch: where most of its calls stand; null where these are few. */
function placesOf(connection: ReadConnection, stretches: readonly UsageStretch[]): (Place | null)[] {
  const walk = walkChannels("llm_usage", undefined);
  const bounds = stretches.map(({ fromMs, toMs }) => [boundFromMs(fromMs), boundFromMs(toMs)]);
  const counted = connection.rows(
    `${walk.sql}, s (n, from_ts, to_ts) AS MATERIALIZED
       (SELECT key, value ->> 0, value ->> 1 FROM json_each(?))
     SELECT s.n, u.id >> ${blockBits} AS block, count(*) FROM walk CROSS JOIN s CROSS JOIN llm_usage AS u
       ON u.channel = walk.name AND u.ts >= s.from_ts AND u.ts < s.to_ts
     GROUP BY s.n, block ORDER BY s.n, block`,
    [...walk.values, JSON.stringify(bounds)],
  ) as [n: number, ...block: Block][];
  const blocks = stretches.map((): Block[] => []);
  for (const [n, ...block] of counted) blocks[n]?.push(block);
  return blocks.map(placeIn);
}

type Block = [number: number, calls: number];

/**
 * The longest row of blocks that begins and ends with many calls, and has as many on average: rows
 * of another time may have been written in between.
 */
function placeIn(blocks: readonly Block[]): Place | null {
  let longest = { first: 0, blocks: 0, calls: 0 };
  let row = longest;
  let between = 0;
  for (const [block, calls] of blocks) {
    if (calls < leastOfBlock) {
      between += calls;
      continue;
    }
    const whole = { first: row.first, blocks: block - row.first + 1, calls: row.calls + between + calls };
    const isDense = row.blocks > 0 && whole.calls >= whole.blocks * leastOfBlock;
    row = isDense ? whole : { first: block, blocks: 1, calls };
    between = 0;
    if (row.calls > longest.calls) longest = row;
  }
  if (longest.calls < leastScanned) return null;
  const first = longest.first * 2 ** blockBits;
  const all = blocks.reduce((sum, [, calls]) => sum + calls, 0);
  return { first, last: first + longest.blocks * 2 ** blockBits - 1, elsewhere: all - longest.calls };
}

function scanPart(
  connection: ReadConnection,
  plan: UsagePlan,
  calls: readonly PlacedCalls[],
  kind: CallKind,
): UsagePart {
  const { sql, values } = filterOf(plan);
  return {
    sql: `WITH ${placedCalls}
     SELECT ${columnsOf(connection, plan, kind)}
     FROM s CROSS JOIN llm_usage AS u NOT INDEXED
       ON u.id BETWEEN s.first_id AND s.last_id AND u.ts >= s.from_ts AND u.ts < s.to_ts
         AND ${conditionOf(kind)}${sql} ${usageExtras}`,
    values: [boundsOf(calls), ...values],
  };
}

function indexPart(
  connection: ReadConnection,
  plan: UsagePlan,
  calls: readonly PlacedCalls[],
  kind: CallKind,
): UsagePart {
  const walk = walkChannels("llm_usage", plan.channel);
  const { sql, values } = filterOf(plan);
  return {
    sql: `${walk.sql}, ${placedCalls}
     SELECT ${columnsOf(connection, plan, kind)}
     FROM walk CROSS JOIN s CROSS JOIN llm_usage AS u
       ON u.channel = walk.name AND u.ts >= s.from_ts AND u.ts < s.to_ts
         AND u.id NOT BETWEEN s.first_id AND s.last_id AND ${conditionOf(kind)}${sql} ${usageExtras}`,
    values: [...walk.values, boundsOf(calls), ...values],
  };
}

/** One parameter for all, as the text of each statement is kept. */
const placedCalls = `s (from_ts, to_ts, day_ms, first_id, last_id) AS MATERIALIZED
       (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?))`;

function boundsOf(calls: readonly PlacedCalls[]): string {
  return JSON.stringify(
    calls.map(({ stretch: { fromMs, toMs, dayMs }, ids }) => [
      boundFromMs(fromMs),
      boundFromMs(toMs),
      dayMs,
      ids?.first ?? 0,
      ids?.last ?? -1,
    ]),
  );
}

function columnsOf({ hasColumn }: ReadConnection, plan: UsagePlan, kind: CallKind): string {
  const time = plan.keys.includes("day") ? "s.day_ms" : plan.keys.includes("hour") ? hourOf("u.ts") : "NULL";
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
