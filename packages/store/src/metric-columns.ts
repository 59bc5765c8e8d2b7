import type { Grid } from "./bucket.js";
import {
  byText,
  type CustomPoint,
  type CustomSeries,
  type FleetPoint,
  type FleetSeries,
  type MetricPoint,
  type MetricSeries,
} from "./metric-series.js";
import { averageOf, saturated } from "./saturation.js";

/**
 * One bot's series as it crosses from the reader's thread: by column, in buffers that are handed
 * over.
 */
export interface MetricColumns {
  readonly channel: string;
  readonly samples: Float64Array<ArrayBuffer>;
  readonly rssSum: Float64Array<ArrayBuffer>;
  readonly rssMin: Float64Array<ArrayBuffer>;
  readonly rssMax: Float64Array<ArrayBuffer>;
  readonly cpuSum: Float64Array<ArrayBuffer>;
  readonly cpuMin: Float64Array<ArrayBuffer>;
  readonly cpuMax: Float64Array<ArrayBuffer>;
}

export interface FleetColumns {
  readonly bots: Float64Array<ArrayBuffer>;
  readonly rssMb: Float64Array<ArrayBuffer>;
  readonly cpuPct: Float64Array<ArrayBuffer>;
}

export interface CustomColumns {
  readonly samples: Float64Array<ArrayBuffer>;
  readonly avg: Float64Array<ArrayBuffer>;
  readonly min: Float64Array<ArrayBuffer>;
  readonly max: Float64Array<ArrayBuffer>;
}

export function seriesFromColumns(grid: Grid, columns: readonly MetricColumns[]): MetricSeries {
  const series = columns.map((one) => ({ channel: one.channel, points: pointsOf(grid, one) }));
  series.sort((a, b) => byText(a.channel, b.channel));
  return { resolution: grid.resolution, bucketMs: grid.bucketMs, series };
}

function pointsOf(grid: Grid, columns: MetricColumns): MetricPoint[] {
  return Array.from({ length: grid.count }, (_, i): MetricPoint => {
    const samples = columns.samples[i] as number;
    const gap = samples === 0;
    return {
      tsMs: grid.startMs + i * grid.bucketMs,
      samples,
      rssMbAvg: gap ? null : averageAt(i, columns.rssSum, samples, columns.rssMin, columns.rssMax),
      rssMbMin: gap ? null : (columns.rssMin[i] as number),
      rssMbMax: gap ? null : (columns.rssMax[i] as number),
      cpuPctAvg: gap ? null : averageAt(i, columns.cpuSum, samples, columns.cpuMin, columns.cpuMax),
      cpuPctMin: gap ? null : (columns.cpuMin[i] as number),
      cpuPctMax: gap ? null : (columns.cpuMax[i] as number),
    };
  });
}

function averageAt(
  i: number,
  sums: Float64Array,
  samples: number,
  least: Float64Array,
  greatest: Float64Array,
): number {
  return averageOf(sums[i] as number, samples, least[i] as number, greatest[i] as number);
}

export function fleetFromColumns(grid: Grid, { bots, rssMb, cpuPct }: FleetColumns): FleetSeries {
  const points = Array.from({ length: grid.count }, (_, i): FleetPoint => {
    const gap = bots[i] === 0;
    return {
      tsMs: grid.startMs + i * grid.bucketMs,
      bots: bots[i] as number,
      rssMb: gap ? null : saturated(rssMb[i] as number),
      cpuPct: gap ? null : saturated(cpuPct[i] as number),
    };
  });
  return { resolution: grid.resolution, bucketMs: grid.bucketMs, points };
}

export function customFromColumns(grid: Grid, { samples, avg, min, max }: CustomColumns): CustomSeries {
  const points = Array.from({ length: grid.count }, (_, i): CustomPoint => {
    const gap = samples[i] === 0;
    return {
      tsMs: grid.startMs + i * grid.bucketMs,
      samples: samples[i] as number,
      avg: gap ? null : (avg[i] as number),
      min: gap ? null : (min[i] as number),
      max: gap ? null : (max[i] as number),
    };
  });
  return { bucketMs: grid.bucketMs, points };
}
