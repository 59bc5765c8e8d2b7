import { countOf, listOf, numberOf, timeOf } from "../link/summary.js";

/** Of the samples of one bucket; null where it has none. */
export interface Measure {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

interface Point {
  /** When its bucket begins. */
  readonly tsMs: number;
  readonly memoryMb: Measure | null;
  readonly cpuPct: Measure | null;
}

/** Memory and CPU of a bot over a period, in buckets without a gap between them. */
export interface Measurements {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bucketMs: number;
  readonly points: readonly Point[];
}

export interface Growth {
  readonly fromMb: number;
  readonly toMb: number;
}

const hourMs = 3_600_000;

/** The periods to choose from, by their name in the URL. */
export const ranges: Readonly<Record<string, number>> = {
  "24h": 24 * hourMs,
  "1h": hourMs,
  "6h": 6 * hourMs,
  "7d": 168 * hourMs,
};

/** Where the URL names none: a day, and of a bot that nobody knows for an hour yet, that hour. */
export function rangeNamed(name: string, isNew: boolean): string {
  return Object.hasOwn(ranges, name) ? name : isNew ? "1h" : "24h";
}

const mostPoints = 300;

/**
 * How many points to ask for: in each bucket fall at least two samples of a bot that is measured
 * every `intervalMs`, so that an empty one is a true gap. Null is unknown.
 */
export function pointsFor(spanMs: number, intervalMs: number | null): number {
  return Math.max(1, Math.min(mostPoints, Math.floor(spanMs / (2 * (intervalMs ?? 15_000)))));
}

/** An answer of /api/v1/bots/:channel/metrics; null where it is none. */
export function measurementsFrom(json: Readonly<Record<string, unknown>>): Measurements | null {
  const fromMs = timeOf(json["from"]);
  const toMs = timeOf(json["to"]);
  if (fromMs === null || toMs === null) return null;
  const points = listOf(json["points"]).flatMap((point) => {
    const tsMs = timeOf(point["ts"]);
    return tsMs === null
      ? []
      : [{ tsMs, memoryMb: measureOf(point, "rss_mb"), cpuPct: measureOf(point, "cpu_pct") }];
  });
  return { fromMs, toMs, bucketMs: countOf(json["bucket_ms"]), points };
}

function measureOf(point: Readonly<Record<string, unknown>>, name: string): Measure | null {
  const mean = numberOf(point[`${name}_avg`]);
  if (mean === null) return null;
  return {
    mean,
    least: numberOf(point[`${name}_min`]) ?? mean,
    most: numberOf(point[`${name}_max`]) ?? mean,
  };
}

/** How memory changed from the first to the last sample; null where there are not two. */
export function growthOf({ points }: Measurements): Growth | null {
  const known = points.flatMap(({ memoryMb }) => memoryMb ?? []);
  const [first] = known;
  const last = known.at(-1);
  return first === undefined || last === undefined || known.length < 2
    ? null
    : { fromMb: first.mean, toMb: last.most };
}

/**
 * Rows of the table of these: each bucket that has samples, and one for all neighbours that have
 * none. Newest first.
 */
export function rowsOf({ points }: Measurements): readonly Point[] {
  const isEmpty = (point: Point | undefined) => point?.memoryMb === null && point.cpuPct === null;
  return points.filter((point, i) => !isEmpty(point) || !isEmpty(points[i - 1])).reverse();
}

/**
 * Where a line through these would be a single point, which no line shows: nothing is known on both
 * sides.
 */
export function lonePoints(values: readonly (number | null | undefined)[]): number[] {
  return values.flatMap((value, i) =>
    value != null && values[i - 1] == null && values[i + 1] == null ? [i] : [],
  );
}

/** From the least to the most of all; null where nothing is known. */
export function extentOf(measures: readonly (Measure | null)[]): Omit<Measure, "mean"> | null {
  const known = measures.filter((measure) => measure !== null);
  if (known.length === 0) return null;
  return {
    least: Math.min(...known.map(({ least }) => least)),
    most: Math.max(...known.map(({ most }) => most)),
  };
}
