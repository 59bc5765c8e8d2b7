import type { Grid } from "./bucket.js";
import {
  byText,
  type FleetPoint,
  type FleetSeries,
  type MetricPoint,
  type MetricSeries,
} from "./metric-series.js";

/** One bot's series as it crosses from the reader's thread: by column, in buffers that are handed over. */
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
      rssMbAvg: gap ? null : (columns.rssSum[i] as number) / samples,
      rssMbMin: gap ? null : (columns.rssMin[i] as number),
      rssMbMax: gap ? null : (columns.rssMax[i] as number),
      cpuPctAvg: gap ? null : (columns.cpuSum[i] as number) / samples,
      cpuPctMin: gap ? null : (columns.cpuMin[i] as number),
      cpuPctMax: gap ? null : (columns.cpuMax[i] as number),
    };
  });
}

export function fleetFromColumns(grid: Grid, { bots, rssMb, cpuPct }: FleetColumns): FleetSeries {
  const points = Array.from({ length: grid.count }, (_, i): FleetPoint => {
    const gap = bots[i] === 0;
    return {
      tsMs: grid.startMs + i * grid.bucketMs,
      bots: bots[i] as number,
      rssMb: gap ? null : (rssMb[i] as number),
      cpuPct: gap ? null : (cpuPct[i] as number),
    };
  });
  return { resolution: grid.resolution, bucketMs: grid.bucketMs, points };
}
