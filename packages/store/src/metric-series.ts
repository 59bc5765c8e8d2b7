import { assertCells, type Grid, gridFor, type Resolution, rawGridFor } from "./bucket.js";
import { StoreError } from "./error.js";
import { integerOf, type Period, periodOf, textOf } from "./period.js";
import type { Retention } from "./retention.js";

/** Which bots, in which period, in how many points. The period is widened to whole buckets. */
export interface MetricSeriesQuery extends Period {
  /**
   * Absent: every bot that has a sample in the period. A channel that has none is answered with
   * gaps.
   */
  readonly channels?: readonly string[];
  /** At most this many points, 1 to 10 000; default 300. */
  readonly points?: number;
}

/** One bucket of one bot. Without samples it is a gap: null, never 0. */
export interface MetricPoint {
  /** The bucket's start. */
  readonly tsMs: number;
  readonly samples: number;
  readonly rssMbAvg: number | null;
  readonly rssMbMin: number | null;
  readonly rssMbMax: number | null;
  readonly cpuPctAvg: number | null;
  readonly cpuPctMin: number | null;
  readonly cpuPctMax: number | null;
}

/**
 * Each bot's series has a point for every bucket, so series lie over one another. Sorted by
 * channel.
 */
export interface MetricSeries {
  readonly resolution: Resolution;
  readonly bucketMs: number;
  readonly series: readonly { readonly channel: string; readonly points: readonly MetricPoint[] }[];
}

export interface FleetSeriesQuery extends Period {
  readonly points?: number;
}

/**
 * One bucket of the fleet: of each bot the average, and those summed. A sample counts for the
 * `share` that it has, so a process of several bots counts once.
 */
export interface FleetPoint {
  readonly tsMs: number;
  /** How many bots have a sample in this bucket. */
  readonly bots: number;
  readonly rssMb: number | null;
  readonly cpuPct: number | null;
}

export interface FleetSeries {
  readonly resolution: Resolution;
  readonly bucketMs: number;
  readonly points: readonly FleetPoint[];
}

export interface CustomSeriesQuery extends Period {
  readonly channel: string;
  readonly metricName: string;
  readonly points?: number;
}

export interface CustomPoint {
  readonly tsMs: number;
  readonly samples: number;
  readonly avg: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface CustomSeries {
  readonly bucketMs: number;
  readonly points: readonly CustomPoint[];
}

/** A checked question, and the grid of its answer: what both adapters start from. */
export interface MetricSeriesPlan {
  readonly grid: Grid;
  readonly channels: readonly string[] | null;
}

const maxPoints = 10_000;
const defaultPoints = 300;

export function planMetricSeries(
  query: MetricSeriesQuery,
  nowMs: number,
  retention: Retention,
): MetricSeriesPlan {
  const period = periodOf(query);
  const points = integerOf("points", query.points, defaultPoints, maxPoints);
  const channels = channelsOf(query.channels);
  const fleet = channels === null || channels.length > 4;
  const { metricsDays: rawDays, minuteDays } = retention;
  const grid = gridFor({ ...period, points, fleet, nowMs, rawDays, minuteDays });
  assertCells(grid.count * (channels?.length ?? 1));
  return { grid, channels };
}

export function planFleetSeries(query: FleetSeriesQuery, nowMs: number, retention: Retention): Grid {
  const points = integerOf("points", query.points, defaultPoints, maxPoints);
  const { metricsDays: rawDays, minuteDays } = retention;
  return gridFor({ ...periodOf(query), points, fleet: true, nowMs, rawDays, minuteDays });
}

export function planCustomSeries(query: CustomSeriesQuery): {
  grid: Grid;
  channel: string;
  metricName: string;
} {
  const { fromMs, toMs } = periodOf(query);
  const points = integerOf("points", query.points, defaultPoints, maxPoints);
  const channel = textOf("channel", query.channel);
  const metricName = textOf("metricName", query.metricName);
  if (channel === undefined || metricName === undefined) {
    throw new StoreError("invalid_query", "channel and metricName: expected strings");
  }
  return { grid: rawGridFor(fromMs, toMs, points), channel, metricName };
}

function channelsOf(channels: readonly string[] | undefined): readonly string[] | null {
  if (channels === undefined) return null;
  if (!Array.isArray(channels) || channels.some((channel) => typeof channel !== "string")) {
    throw new StoreError("invalid_query", "channels: expected an array of strings");
  }
  return [...new Set(channels)].sort(byText);
}

/**
 * The order of every answer that is sorted by a name: by UTF-16 units, whatever a database's
 * collation does.
 */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
