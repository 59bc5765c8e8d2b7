import { assertCells, type Grid } from "../bucket.js";
import type { FleetColumns, MetricColumns } from "../metric-columns.js";
import type { MetricSeriesPlan } from "../metric-series.js";
import { boundFromMs } from "../timestamp.js";
import { walkChannels } from "./channel-walk.js";
import type { ReadConnection } from "./read-connection.js";
import { minuteOf } from "./rollup.js";

/** The number of a time's bucket, from the grid's start and width. Numbers are bound as doubles, and a double would not divide whole. */
export const bucketOf = (ms: string) => `(${ms} - CAST(? AS INTEGER)) / CAST(? AS INTEGER)`;

/** A raw row's time in milliseconds; without a fraction the three characters read as 0. */
const msOf = (ts: string) =>
  `(unixepoch(substr(${ts}, 1, 19)) * 1000 + CAST(substr(${ts}, 21, 3) AS INTEGER))`;

/** Only what is a number in a row that has a name and a time; the rollups leave out the same. */
export const soundMetric =
  "typeof(m.rss_mb) = 'real' AND typeof(m.cpu_pct) = 'real' AND typeof(m.channel) = 'text'";

export const rawSums = `count(*), total(m.rss_mb), min(m.rss_mb), max(m.rss_mb), total(m.cpu_pct), min(m.cpu_pct), max(m.cpu_pct)`;
const rolledSums = `sum(r.n), total(r.rss_sum), min(r.rss_min), max(r.rss_max), total(r.cpu_sum), min(r.cpu_min), max(r.cpu_max)`;
const rolledRow = "r.n, r.rss_sum, r.rss_min, r.rss_max, r.cpu_sum, r.cpu_min, r.cpu_max";

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

/** Of each bot the average of each bucket, and those summed: a bot that reports twice as often weighs no more. */
export function readFleetSeries(connection: ReadConnection, grid: Grid): FleetColumns {
  const byBot = new Map<string, Map<number, [n: number, rss: number, cpu: number]>>();
  for (const [channel, bucket, n, rss, , , cpu] of partsOf(connection, grid, undefined)) {
    let buckets = byBot.get(channel);
    if (buckets === undefined) {
      buckets = new Map();
      byBot.set(channel, buckets);
    }
    const sums = buckets.get(bucket);
    if (sums === undefined) buckets.set(bucket, [n, rss, cpu]);
    else buckets.set(bucket, [sums[0] + n, sums[1] + rss, sums[2] + cpu]);
  }
  const bots = new Float64Array(grid.count);
  const rssMb = new Float64Array(grid.count);
  const cpuPct = new Float64Array(grid.count);
  for (const buckets of byBot.values()) {
    for (const [i, [n, rss, cpu]] of buckets) {
      bots[i] = (bots[i] as number) + 1;
      rssMb[i] = (rssMb[i] as number) + rss / n;
      cpuPct[i] = (cpuPct[i] as number) + cpu / n;
    }
  }
  return { bots, rssMb, cpuPct };
}

function partsOf(connection: ReadConnection, grid: Grid, channel: string | undefined): Part[] {
  const endMs = grid.startMs + grid.count * grid.bucketMs;
  if (grid.resolution === "raw") return rawParts(connection, grid, endMs, channel);
  const stepMs = grid.resolution === "hour" ? 3_600_000 : 60_000;
  const table = grid.resolution === "hour" ? "monitor_metric_hours" : "monitor_metric_minutes";
  const { sql, values } = walkChannels(table, channel);
  // Where a bucket is one row of the rollup there is nothing to group: half the time of a week of the fleet.
  const [sums, group] = grid.bucketMs === stepMs ? [rolledRow, ""] : [rolledSums, "GROUP BY 1, 2"];
  const rolled = connection.rows(
    `${sql} SELECT r.channel, ${bucketOf("r.bucket_ms")}, ${sums} FROM walk CROSS JOIN ${table} AS r
     ON r.channel = walk.name AND r.bucket_ms >= ? AND r.bucket_ms < ? ${group}`,
    [...values, grid.startMs, grid.bucketMs, grid.startMs, endMs],
  ) as Part[];
  return [...rolled, ...unrolledParts(connection, grid, endMs, channel)];
}

function rawParts(
  connection: ReadConnection,
  grid: Grid,
  endMs: number,
  channel: string | undefined,
): Part[] {
  const { sql, values } = walkChannels("bot_metrics", channel);
  return connection.rows(
    `${sql} SELECT m.channel, ${bucketOf(msOf("m.ts"))} AS bucket, ${rawSums} FROM walk CROSS JOIN bot_metrics AS m
     ON m.channel = walk.name AND m.ts >= ? AND m.ts < ? AND ${soundMetric} GROUP BY 1, 2 HAVING bucket IS NOT NULL`,
    [...values, grid.startMs, grid.bucketMs, boundFromMs(grid.startMs), boundFromMs(endMs)],
  ) as Part[];
}

/** The rows beyond the cursor, which no rollup has yet: found by their ids, since there are few of them. */
function unrolledParts(
  connection: ReadConnection,
  grid: Grid,
  endMs: number,
  channel: string | undefined,
): Part[] {
  const only = channel === undefined ? "" : " AND m.channel = ?";
  return connection.rows(
    `SELECT m.channel, ${bucketOf(minuteOf("m.ts"))} AS bucket, ${rawSums} FROM bot_metrics AS m NOT INDEXED
     WHERE m.id > (SELECT last_id FROM monitor_rollup_cursors WHERE source = 'bot_metrics')
       AND m.ts >= ? AND m.ts < ? AND ${soundMetric}${only} GROUP BY 1, 2 HAVING bucket IS NOT NULL`,
    [
      ...[grid.startMs, grid.bucketMs, boundFromMs(grid.startMs), boundFromMs(endMs)],
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
