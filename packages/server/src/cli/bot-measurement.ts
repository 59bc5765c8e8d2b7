import type { MetricPoint } from "@kissbot/store";

/**
 * What a period's samples of a process say, as the least, the average and the most. Null without a
 * sample.
 */
export interface BotMeasurement {
  readonly samples: number;
  readonly cpu_pct_min: number | null;
  readonly cpu_pct_avg: number | null;
  readonly cpu_pct_max: number | null;
  readonly rss_mb_min: number | null;
  readonly rss_mb_avg: number | null;
  readonly rss_mb_max: number | null;
}

/** A point of a series as the API shows it. */
export type PointRow = BotMeasurement;

/** What a bot logs itself: the name, how often, and the last value. */
export interface CustomMetricRow {
  readonly metric_name: string;
  readonly samples: number;
  readonly last_ts: string | null;
  readonly last_value: number | null;
}

export function pointFromStored(point: MetricPoint): PointRow {
  return {
    samples: point.samples,
    cpu_pct_min: point.cpuPctMin,
    cpu_pct_avg: point.cpuPctAvg,
    cpu_pct_max: point.cpuPctMax,
    rss_mb_min: point.rssMbMin,
    rss_mb_avg: point.rssMbAvg,
    rss_mb_max: point.rssMbMax,
  };
}

/** All points as one. An average counts for as many samples as its point has. */
export function measurementOf(points: readonly PointRow[]): BotMeasurement {
  return {
    samples: points.reduce((sum, { samples }) => sum + samples, 0),
    cpu_pct_min: least(points.map((point) => point.cpu_pct_min)),
    cpu_pct_avg: average(points.map((point) => [point.cpu_pct_avg, point.samples])),
    cpu_pct_max: most(points.map((point) => point.cpu_pct_max)),
    rss_mb_min: least(points.map((point) => point.rss_mb_min)),
    rss_mb_avg: average(points.map((point) => [point.rss_mb_avg, point.samples])),
    rss_mb_max: most(points.map((point) => point.rss_mb_max)),
  };
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function average(values: readonly (readonly [number | null, number])[]): number | null {
  let [sum, count] = [0, 0];
  for (const [value, samples] of values) {
    if (value === null) continue;
    sum += value * samples;
    count += samples;
  }
  return count === 0 ? null : sum / count;
}
