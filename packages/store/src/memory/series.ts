import type { Grid } from "../bucket.js";
import { assertCells } from "../bucket.js";
import type { CustomMetric } from "../custom-metric.js";
import {
  byText,
  type CustomPoint,
  type CustomSeries,
  type FleetPoint,
  type FleetSeries,
  type MetricPoint,
  type MetricSeries,
  type MetricSeriesPlan,
} from "../metric-series.js";
import { averageOf, saturated } from "../saturation.js";
import type { MetricRow } from "./rows.js";

export function metricSeriesOf(
  rows: readonly MetricRow[],
  { grid, channels }: MetricSeriesPlan,
): MetricSeries {
  const held = within(rows, grid);
  const names = channels ?? [...new Set(held.map((row) => row.channel))].sort(byText);
  assertCells(names.length * grid.count);
  const series = names.map((channel) => {
    const own = held.filter((row) => row.channel === channel);
    return { channel, points: startsOf(grid).map((tsMs) => metricPoint(tsMs, inBucket(own, tsMs, grid))) };
  });
  return { resolution: grid.resolution, bucketMs: grid.bucketMs, series };
}

export function fleetSeriesOf(rows: readonly MetricRow[], grid: Grid): FleetSeries {
  const held = within(rows, grid);
  const points = startsOf(grid).map((tsMs): FleetPoint => {
    const inside = inBucket(held, tsMs, grid);
    const names = [...new Set(inside.map((row) => row.channel))].sort(byText);
    const means = names.map((name) =>
      metricPoint(tsMs, inside.filter((row) => row.channel === name).map(sharedRow)),
    );
    const bots = names.length;
    return {
      tsMs,
      bots,
      rssMb: bots === 0 ? null : sum(means.map((mean) => mean.rssMbAvg ?? 0)),
      cpuPct: bots === 0 ? null : sum(means.map((mean) => mean.cpuPctAvg ?? 0)),
    };
  });
  return { resolution: grid.resolution, bucketMs: grid.bucketMs, points };
}

/** What of a sample its bot counts for. */
function sharedRow(row: MetricRow): MetricRow {
  const share = row.share ?? 1;
  return { ...row, rssMb: row.rssMb * share, cpuPct: row.cpuPct * share };
}

export function customSeriesOf(
  rows: readonly CustomMetric[],
  { grid, channel, metricName }: { grid: Grid; channel: string; metricName: string },
): CustomSeries {
  const own = rows.filter((row) => row.channel === channel && row.metricName === metricName);
  const points = startsOf(grid).map((tsMs): CustomPoint => {
    const values = inBucket(own, tsMs, grid).map((row) => row.value);
    return { tsMs, samples: values.length, avg: mean(values), min: least(values), max: greatest(values) };
  });
  return { bucketMs: grid.bucketMs, points };
}

export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const total = values.reduce((a, b) => a + b, 0);
  return averageOf(total, values.length, least(values) as number, greatest(values) as number);
}

export function greatest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b));
}

export function sum(values: readonly number[]): number {
  return saturated(values.reduce((a, b) => a + b, 0));
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b));
}

/** The rows that the grid's source would still have. */
function within(rows: readonly MetricRow[], grid: Grid): MetricRow[] {
  const endMs = grid.startMs + grid.count * grid.bucketMs;
  return rows.filter((row) => row[grid.resolution] && row.tsMs >= grid.startMs && row.tsMs < endMs);
}

function startsOf(grid: Grid): number[] {
  return Array.from({ length: grid.count }, (_, i) => grid.startMs + i * grid.bucketMs);
}

function inBucket<Row extends { readonly tsMs: number }>(
  rows: readonly Row[],
  tsMs: number,
  grid: Grid,
): Row[] {
  return rows.filter((row) => row.tsMs >= tsMs && row.tsMs < tsMs + grid.bucketMs);
}

function metricPoint(tsMs: number, rows: readonly MetricRow[]): MetricPoint {
  const rss = rows.map((row) => row.rssMb);
  const cpu = rows.map((row) => row.cpuPct);
  return {
    tsMs,
    samples: rows.length,
    rssMbAvg: mean(rss),
    rssMbMin: least(rss),
    rssMbMax: greatest(rss),
    cpuPctAvg: mean(cpu),
    cpuPctMin: least(cpu),
    cpuPctMax: greatest(cpu),
  };
}
