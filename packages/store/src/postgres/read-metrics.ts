import { assertCells, type Grid } from "../bucket.js";
import type { ChannelSummary, SummaryPlan } from "../channel-summary.js";
import { usagePlanOf } from "../channel-summary.js";
import type { CustomColumns, FleetColumns, MetricColumns } from "../metric-columns.js";
import type { MetricName, MetricNames, MetricNamesPlan } from "../metric-names.js";
import { byText, type MetricSeriesPlan } from "../metric-series.js";
import { cutPeriod, type Period } from "../period.js";
import { averageOf } from "../saturation.js";
import { hourMs } from "../usage-totals.js";
import { storableText } from "./binary-array.js";
import { Conditions, numberIn, type ReadScope, textIn } from "./read-scope.js";
import { readUsage } from "./read-usage.js";
import { msOf } from "./record-columns.js";
import { bounded } from "./usage-groups.js";

type Row = Record<string, unknown>;

/** Where the rows of a grid are, and how they are summed. */
interface Source {
  readonly table: string;
  readonly time: string;
  readonly sums: string;
  /** What the samples count for their bots. */
  readonly own: (name: "rss" | "cpu") => string;
}

const rolled = (table: string): Source => ({
  table,
  time: "m.bucket",
  sums: `sum(m.n)::float8 AS n, ${["rss", "cpu"]
    .map(
      (name) =>
        `sum(m.${name}_sum) AS ${name}_sum, min(m.${name}_min) AS ${name}_min, max(m.${name}_max) AS ${name}_max`,
    )
    .join(", ")}`,
  own: (name) => `sum(m.${name}_own)`,
});

const columnOf = { rss: "m.rss_mb", cpu: "m.cpu_pct" } as const;
/** A product of two numbers this small has no double, which PostgreSQL takes for an error. */
const smallest = "1e-150";

const sources: Readonly<Record<Grid["resolution"], Source>> = {
  raw: {
    table: "bot_metrics",
    time: "m.ts",
    sums: `count(*)::float8 AS n, ${(["rss", "cpu"] as const)
      .map((name) => {
        const column = columnOf[name];
        return `sum(${bounded(column)}) AS ${name}_sum, min(${column}) AS ${name}_min, max(${column}) AS ${name}_max`;
      })
      .join(", ")}`,
    own: (name) => {
      const column = `(${bounded(columnOf[name])})`;
      return `sum(CASE WHEN m.share IS NULL THEN ${column} WHEN m.share < ${smallest} OR ${column} < ${smallest} THEN 0 ELSE ${column} * m.share END)`;
    },
  },
  minute: rolled("metric_minutes"),
  hour: rolled("metric_hours"),
};

export async function readMetricSeries(
  scope: ReadScope,
  { grid, channels }: MetricSeriesPlan,
): Promise<MetricColumns[]> {
  const { table, time, sums } = sources[grid.resolution];
  const where = within(scope, grid, time);
  if (channels !== null) {
    where.add(`m.channel = ANY (${where.value(channels.map(storableText), "text[]")})`);
  }
  const rows = await scope.rows(
    `SELECT m.channel, ${bucketOf(where, grid, time)} AS ts_ms, ${sums} FROM ${where.table(table)} AS m WHERE ${where} GROUP BY 1, 2`,
    where.values,
  );
  const series = new Map<string, MetricColumns>();
  for (const name of channels ?? []) series.set(name, emptyColumns(name, grid.count));
  for (const row of rows) {
    const channel = textIn(row, "channel");
    let columns = series.get(channel);
    if (columns === undefined) {
      assertCells((series.size + 1) * grid.count);
      columns = emptyColumns(channel, grid.count);
      series.set(channel, columns);
    }
    const i = placeOf(grid, row);
    columns.samples[i] = numberIn(row, "n");
    columns.rssSum[i] = numberIn(row, "rss_sum");
    columns.rssMin[i] = numberIn(row, "rss_min");
    columns.rssMax[i] = numberIn(row, "rss_max");
    columns.cpuSum[i] = numberIn(row, "cpu_sum");
    columns.cpuMin[i] = numberIn(row, "cpu_min");
    columns.cpuMax[i] = numberIn(row, "cpu_max");
  }
  return [...series.values()];
}

/** Of each bot the average of each bucket, and those summed. */
export async function readFleetSeries(scope: ReadScope, grid: Grid): Promise<FleetColumns> {
  const { table, time, sums, own } = sources[grid.resolution];
  const where = within(scope, grid, time);
  const average = (name: string) => `sum(CASE WHEN ${name} < ${smallest} THEN 0 ELSE ${name} / n END)`;
  const rows = await scope.rows(
    `SELECT ts_ms, count(*)::float8 AS bots, ${average("rss_own")} AS rss, ${average("cpu_own")} AS cpu
 FROM (SELECT m.channel, ${bucketOf(where, grid, time)} AS ts_ms, ${sums}, ${own("rss")} AS rss_own, ${own("cpu")} AS cpu_own
  FROM ${where.table(table)} AS m WHERE ${where} GROUP BY 1, 2) AS b GROUP BY 1`,
    where.values,
  );
  const columns = {
    bots: new Float64Array(grid.count),
    rssMb: new Float64Array(grid.count),
    cpuPct: new Float64Array(grid.count),
  };
  for (const row of rows) {
    const i = placeOf(grid, row);
    columns.bots[i] = numberIn(row, "bots");
    columns.rssMb[i] = numberIn(row, "rss");
    columns.cpuPct[i] = numberIn(row, "cpu");
  }
  return columns;
}

export async function readCustomSeries(
  scope: ReadScope,
  {
    grid,
    channel,
    metricName,
  }: { readonly grid: Grid; readonly channel: string; readonly metricName: string },
): Promise<CustomColumns> {
  const where = within(scope, grid, "m.ts");
  where.add(`m.channel = ${where.value(storableText(channel), "text")}`);
  where.add(`m.metric_name = ${where.value(storableText(metricName), "text")}`);
  const rows = await scope.rows(
    `SELECT ${bucketOf(where, grid, "m.ts")} AS ts_ms, count(*)::float8 AS n, sum(greatest(${bounded("m.value")}, -1e300)) AS total, min(m.value) AS least, max(m.value) AS most
 FROM ${where.table("custom_metrics")} AS m WHERE ${where} GROUP BY 1`,
    where.values,
  );
  const { count } = grid;
  const [samples, avg, min, max] = [0, 1, 2, 3].map(() => new Float64Array(count)) as [
    Float64Array<ArrayBuffer>,
    Float64Array<ArrayBuffer>,
    Float64Array<ArrayBuffer>,
    Float64Array<ArrayBuffer>,
  ];
  for (const row of rows) {
    const i = placeOf(grid, row);
    samples[i] = numberIn(row, "n");
    min[i] = numberIn(row, "least");
    max[i] = numberIn(row, "most");
    avg[i] = averageOf(
      numberIn(row, "total"),
      numberIn(row, "n"),
      numberIn(row, "least"),
      numberIn(row, "most"),
    );
  }
  return { samples, avg, min, max };
}

export async function readMetricNames(
  scope: ReadScope,
  { channel, fromMs, limit }: MetricNamesPlan,
): Promise<MetricNames> {
  const where = new Conditions(scope, "m");
  where.add(`m.channel = ${where.value(storableText(channel), "text")} AND m.ts >= ${where.time(fromMs)}`);
  const rows = await scope.rows(
    `SELECT m.metric_name, count(*)::float8 AS n, ${msOf("max(m.ts)")} AS ts_ms, (array_agg(m.value ORDER BY m.ts DESC, m.id DESC))[1] AS last
 FROM ${where.table("custom_metrics")} AS m WHERE ${where} GROUP BY 1`,
    where.values,
  );
  const metrics = rows.map(
    (row): MetricName => ({
      metricName: textIn(row, "metric_name"),
      samples: numberIn(row, "n"),
      lastTsMs: numberIn(row, "ts_ms"),
      lastValue: numberIn(row, "last"),
    }),
  );
  metrics.sort((a, b) => byText(a.metricName, b.metricName));
  return { metrics: metrics.slice(0, limit), truncated: metrics.length > limit };
}

/** Metrics from hours, and from minutes at both ends; usage as in the totals by channel. */
export async function readSummary(scope: ReadScope, plan: SummaryPlan): Promise<ChannelSummary[]> {
  const { head, middle, tail } = cutPeriod(plan.metrics, hourMs);
  const parts = [
    { period: head, source: sources.minute },
    { period: middle, source: sources.hour },
    { period: tail, source: sources.minute },
  ];
  const metrics = new Map<string, Row>();
  for (const { period, source } of parts) {
    if (period.fromMs >= period.toMs) continue;
    for (const row of await sumsOf(scope, source, period, plan.channel)) {
      const channel = textIn(row, "channel");
      metrics.set(channel, joined(metrics.get(channel), row));
    }
  }
  const usage = new Map(
    (await readUsage(scope, usagePlanOf(plan))).map((total) => [total.channel ?? "", total]),
  );
  const names = [...new Set([...metrics.keys(), ...usage.keys()])].sort(byText);
  return names.map((channel): ChannelSummary => {
    const row = metrics.get(channel);
    const total = usage.get(channel);
    const n = row === undefined ? 0 : numberIn(row, "n");
    const average = (name: string) =>
      row === undefined
        ? null
        : averageOf(
            numberIn(row, `${name}_sum`),
            n,
            numberIn(row, `${name}_min`),
            numberIn(row, `${name}_max`),
          );
    return {
      channel,
      samples: n,
      rssMbAvg: average("rss"),
      rssMbMax: row === undefined ? null : numberIn(row, "rss_max"),
      cpuPctAvg: average("cpu"),
      cpuPctMax: row === undefined ? null : numberIn(row, "cpu_max"),
      calls: total?.calls ?? 0,
      tokensIn: total?.tokensIn ?? 0,
      tokensOut: total?.tokensOut ?? 0,
      costUsd: total?.costUsd ?? null,
      latencyMsAvg: total?.latencyMsAvg ?? null,
    };
  });
}

async function sumsOf(
  scope: ReadScope,
  { table, time, sums }: Source,
  { fromMs, toMs }: Period,
  channel: string | undefined,
): Promise<readonly Row[]> {
  const where = new Conditions(scope, "m");
  where.add(`${time} >= ${where.time(fromMs)} AND ${time} < ${where.time(toMs)}`);
  if (channel !== undefined) where.add(`m.channel = ${where.value(storableText(channel), "text")}`);
  const text = `SELECT m.channel, ${sums} FROM ${where.table(table)} AS m WHERE ${where} GROUP BY 1`;
  return await scope.rows(text, where.values);
}

function joined(before: Row | undefined, row: Row): Row {
  if (before === undefined) return row;
  const both: Row = { channel: row["channel"] };
  for (const name of Object.keys(row)) {
    const [a, b] = [numberIn(before, name), numberIn(row, name)];
    if (name === "channel") continue;
    both[name] = name.endsWith("_min") ? Math.min(a, b) : name.endsWith("_max") ? Math.max(a, b) : a + b;
  }
  return both;
}

function within(scope: ReadScope, { startMs, bucketMs, count }: Grid, time: string): Conditions {
  const where = new Conditions(scope, "m");
  where.add(`${time} >= ${where.time(startMs)} AND ${time} < ${where.time(startMs + count * bucketMs)}`);
  return where;
}

function bucketOf(where: Conditions, { startMs, bucketMs }: Grid, time: string): string {
  const width = `${where.value(bucketMs, "float8")} * interval '1 ms'`;
  return msOf(`date_bin(${width}, ${time}, ${where.time(startMs)})`);
}

function placeOf({ startMs, bucketMs }: Grid, row: Row): number {
  return Math.round((numberIn(row, "ts_ms") - startMs) / bucketMs);
}

function emptyColumns(channel: string, count: number): MetricColumns {
  const column = () => new Float64Array(count);
  return {
    channel,
    samples: column(),
    rssSum: column(),
    rssMin: column(),
    rssMax: column(),
    cpuSum: column(),
    cpuMin: column(),
    cpuMax: column(),
  };
}
