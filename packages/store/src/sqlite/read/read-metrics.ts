import { assertCells, type Grid } from "../../bucket.js";
import type { FleetColumns, MetricColumns } from "../../metric-columns.js";
import type { MetricSeriesPlan } from "../../metric-series.js";
import { boundFromMs } from "../../timestamp.js";
import { minuteOf } from "../sql/row-time.js";
import { walkChannels } from "./channel-walk.js";
import { fleetSums, type MetricSums, wholeSums } from "./metric-sums.js";
import type { ReadConnection } from "./read-connection.js";

/**
 * The number of a time's bucket, from the grid's start and width. Numbers are bound as doubles, and
 * a double would not divide whole.
 */
export const bucketOf = (ms: string) => `(${ms} - CAST(? AS INTEGER)) / CAST(? AS INTEGER)`;

/** A raw row's time in milliseconds; without a fraction the three characters read as 0. */
const msOf = (ts: string) =>
  `(unixepoch(substr(${ts}, 1, 19)) * 1000 + CAST(substr(${ts}, 21, 3) AS INTEGER))`;

/** Only what is a number in a row that has a name and a time; the rollups leave out the same. */
export const soundMetric =
  "typeof(m.rss_mb) = 'real' AND typeof(m.cpu_pct) = 'real' AND typeof(m.channel) = 'text'";

/** One bot's part of one bucket; several rows of one bucket are added up. */
type Part = [
  channel: string,
  bucket: number,
  n: number,
  rss: number,
  rssMin: number,
  rssMax: number,
  cpu: number,
  cpuMin: number,
  cpuMax: number,
];

export function readMetricSeries(
  connection: ReadConnection,
  { grid, channels }: MetricSeriesPlan,
): MetricColumns[] {
  const parts =
    channels === null
      ? partsOf(connection, grid, undefined)
      : channels.flatMap((name) => partsOf(connection, grid, name));
  const series = new Map<string, MetricColumns>();
  for (const name of channels ?? []) series.set(name, emptyColumns(name, grid.count));
  for (const part of parts) {
    let columns = series.get(part[0]);
    if (columns === undefined) {
      assertCells((series.size + 1) * grid.count);
      columns = emptyColumns(part[0], grid.count);
      series.set(part[0], columns);
    }
    add(columns, part);
  }
  return [...series.values()];
}

/** One bucket of the fleet. */
type FleetPart = [bucket: number, bots: number, rss: number, cpu: number];

/**
 * Of each bot the average of each bucket, and those summed: a bot that reports twice as often
 * weighs no more. A bot's rows beyond the cursor belong to its average, so the buckets that have
 * such rows are put together here, bot by bot; all earlier ones are summed inside SQLite, since
 * handing 33 600 rows of a week over costs more than adding them (profiled: three quarters of the
 * time).
 */
export function readFleetSeries(connection: ReadConnection, grid: Grid): FleetColumns {
  const sums = fleetSums(connection);
  const endMs = grid.startMs + grid.count * grid.bucketMs;
  const query = { connection, grid, endMs, channel: undefined, sums };
  const loose = grid.resolution === "raw" ? rawParts(query) : unrolledParts(query);
  const firstLoose = loose.reduce((least, [, bucket]) => Math.min(least, bucket), grid.count);
  const rest: Grid = {
    ...grid,
    startMs: grid.startMs + firstLoose * grid.bucketMs,
    count: grid.count - firstLoose,
  };
  const rolled = grid.resolution === "raw" ? [] : rolledParts({ ...query, grid: rest });
  const byBot = new Map<string, [n: number, rss: number, cpu: number]>();
  for (const [channel, bucket, n, rss, , , cpu] of [
    ...rolled.map(
      (part): Part => [
        part[0],
        part[1] + firstLoose,
        part[2],
        part[3],
        part[4],
        part[5],
        part[6],
        part[7],
        part[8],
      ],
    ),
    ...loose,
  ]) {
    const key = `${bucket} ${channel}`;
    const before = byBot.get(key);
    byBot.set(key, before === undefined ? [n, rss, cpu] : [before[0] + n, before[1] + rss, before[2] + cpu]);
  }
  const columns = {
    bots: new Float64Array(grid.count),
    rssMb: new Float64Array(grid.count),
    cpuPct: new Float64Array(grid.count),
  };
  for (const part of fleetParts(connection, { ...grid, count: firstLoose }, sums)) addToFleet(columns, part);
  for (const [key, [n, rss, cpu]] of byBot)
    addToFleet(columns, [Number.parseInt(key, 10), 1, rss / n, cpu / n]);
  return columns;
}

function addToFleet({ bots, rssMb, cpuPct }: FleetColumns, [i, count, rss, cpu]: FleetPart): void {
  bots[i] = (bots[i] as number) + count;
  rssMb[i] = (rssMb[i] as number) + rss;
  cpuPct[i] = (cpuPct[i] as number) + cpu;
}

function fleetParts(connection: ReadConnection, grid: Grid, { loads }: MetricSums): FleetPart[] {
  if (grid.count === 0 || grid.resolution === "raw") return [];
  const { table, stepMs } = rollupOf(grid);
  const { sql, values } = walkChannels(table, undefined);
  const within = `FROM walk CROSS JOIN ${table} AS r ON r.channel = walk.name AND r.bucket_ms >= ? AND r.bucket_ms < ?`;
  const [rss, cpu] = [loads("rss"), loads("cpu")];
  const perBot =
    grid.bucketMs === stepMs
      ? `SELECT ${bucketOf("r.bucket_ms")} AS bucket, ${rss.row} / r.n AS rss, ${cpu.row} / r.n AS cpu ${within}`
      : `SELECT ${bucketOf("r.bucket_ms")} AS bucket, ${rss.rolled} / sum(r.n) AS rss, ${cpu.rolled} / sum(r.n) AS cpu
         ${within} GROUP BY r.channel, 1`;
  const endMs = grid.startMs + grid.count * grid.bucketMs;
  return connection.rows(
    `${sql} SELECT bucket, count(*), total(rss), total(cpu) FROM (${perBot}) GROUP BY bucket`,
    [...values, grid.startMs, grid.bucketMs, grid.startMs, endMs],
  ) as FleetPart[];
}

function rollupOf(grid: Grid): {
  readonly table: "monitor_metric_hours" | "monitor_metric_minutes";
  readonly stepMs: number;
} {
  return grid.resolution === "hour"
    ? { table: "monitor_metric_hours", stepMs: 3_600_000 }
    : { table: "monitor_metric_minutes", stepMs: 60_000 };
}

/** What is asked of one table: `grid` until `endMs`, of one bot or of all. */
interface PartQuery {
  readonly connection: ReadConnection;
  readonly grid: Grid;
  readonly endMs: number;
  readonly channel: string | undefined;
  readonly sums: MetricSums;
}

function partsOf(connection: ReadConnection, grid: Grid, channel: string | undefined): Part[] {
  const endMs = grid.startMs + grid.count * grid.bucketMs;
  const query = { connection, grid, endMs, channel, sums: wholeSums };
  return grid.resolution === "raw" ? rawParts(query) : [...rolledParts(query), ...unrolledParts(query)];
}

function rolledParts({ connection, grid, endMs, channel, sums }: PartQuery): Part[] {
  if (grid.count === 0) return [];
  const { table, stepMs } = rollupOf(grid);
  const { sql, values } = walkChannels(table, channel);
  // Where a bucket is one row of the rollup there is nothing to group.
  const [summed, group] = grid.bucketMs === stepMs ? [sums.row, ""] : [sums.rolled, "GROUP BY 1, 2"];
  return connection.rows(
    `${sql} SELECT r.channel, ${bucketOf("r.bucket_ms")}, ${summed} FROM walk CROSS JOIN ${table} AS r
     ON r.channel = walk.name AND r.bucket_ms >= ? AND r.bucket_ms < ? ${group}`,
    [...values, grid.startMs, grid.bucketMs, grid.startMs, endMs],
  ) as Part[];
}

function rawParts({ connection, grid, endMs, channel, sums }: PartQuery): Part[] {
  const { sql, values } = walkChannels("bot_metrics", channel);
  return connection.rows(
    `${sql} SELECT m.channel, ${bucketOf(msOf("m.ts"))} AS bucket, ${sums.raw} FROM walk CROSS JOIN bot_metrics AS m
     ON m.channel = walk.name AND m.ts >= ? AND m.ts < ? AND ${soundMetric} ${sums.join} GROUP BY 1, 2 HAVING bucket IS NOT NULL`,
    [...values, grid.startMs, grid.bucketMs, boundFromMs(grid.startMs), boundFromMs(endMs)],
  ) as Part[];
}

/**
 * The rows beyond the cursor, which no rollup has yet: found by their ids, since there are few of
 * them.
 */
function unrolledParts({ connection, grid, endMs, channel, sums }: PartQuery): Part[] {
  const only = channel === undefined ? "" : " AND m.channel = ?";
  return connection.rows(
    `SELECT m.channel, ${bucketOf(minuteOf("m.ts"))} AS bucket, ${sums.raw} FROM bot_metrics AS m NOT INDEXED ${sums.join}
     WHERE m.id > (SELECT last_id FROM monitor_rollup_cursors WHERE source = 'bot_metrics')
       AND m.ts >= ? AND m.ts < ? AND ${soundMetric}${only} GROUP BY 1, 2 HAVING bucket IS NOT NULL`,
    [
      grid.startMs,
      grid.bucketMs,
      boundFromMs(grid.startMs),
      boundFromMs(endMs),
      ...(channel === undefined ? [] : [channel]),
    ],
  ) as Part[];
}

function emptyColumns(channel: string, count: number): MetricColumns {
  return {
    channel,
    samples: new Float64Array(count),
    rssSum: new Float64Array(count),
    rssMin: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    rssMax: new Float64Array(count),
    cpuSum: new Float64Array(count),
    cpuMin: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    cpuMax: new Float64Array(count),
  };
}

function add(columns: MetricColumns, [, i, n, rss, rssMin, rssMax, cpu, cpuMin, cpuMax]: Part): void {
  columns.samples[i] = (columns.samples[i] as number) + n;
  columns.rssSum[i] = (columns.rssSum[i] as number) + rss;
  columns.rssMin[i] = Math.min(columns.rssMin[i] as number, rssMin);
  columns.rssMax[i] = Math.max(columns.rssMax[i] as number, rssMax);
  columns.cpuSum[i] = (columns.cpuSum[i] as number) + cpu;
  columns.cpuMin[i] = Math.min(columns.cpuMin[i] as number, cpuMin);
  columns.cpuMax[i] = Math.max(columns.cpuMax[i] as number, cpuMax);
}
