import { StoreError } from "./error.js";

/** Where the points of a series are read from; each but `raw` is also the width of its rows. */
export type Resolution = "raw" | "minute" | "hour";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * Each divides the next unit of the clock, so that a bucket never straddles a minute, an hour or a
 * day.
 */
const widthsMs: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hourMs),
];

/**
 * How a series is cut. The first bucket holds the range's start, the last one its end. Buckets
 * start at multiples of `bucketMs` since 1970. A single bucket is the range itself, as far as its
 * source distinguishes times.
 */
export interface Grid {
  readonly startMs: number;
  readonly bucketMs: number;
  readonly count: number;
  readonly resolution: Resolution;
}

export interface GridQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  readonly points: number;
  /**
   * The whole fleet is read coarser than one bot: 200 bots at a sample a minute are two million
   * rows a week.
   */
  readonly fleet: boolean;
  readonly nowMs: number;
  /** The times before which raw rows and minutes may already be deleted. */
  readonly rawDays: number | null;
  readonly minuteDays: number | null;
}

/**
 * The longest ranges that are read from raw rows and from minutes: what keeps one question to some
 * ten thousand rows.
 */
const finestMs = {
  one: { raw: 12 * hourMs, minute: 2 * dayMs },
  fleet: { raw: hourMs, minute: 6 * hourMs },
};

/**
 * Picks the bucket and what it is read from, as a pure function of the question: both adapters
 * answer alike. Never more points than asked, and never a source that retention may have emptied.
 */
export function gridFor(question: GridQuestion): Grid {
  const { fromMs, toMs, points, fleet, nowMs } = question;
  const rangeMs = toMs - fromMs;
  const limits = fleet ? finestMs.fleet : finestMs.one;
  const kept = (days: number | null) => days === null || fromMs >= nowMs - days * dayMs;
  const rawAllowed = rangeMs <= limits.raw && kept(question.rawDays);
  const minuteAllowed = rangeMs <= limits.minute && kept(question.minuteDays);
  const floorMs = rawAllowed ? 1 : minuteAllowed ? minuteMs : hourMs;
  const { startMs, bucketMs, count } = cutOf(fromMs, toMs, points, floorMs);
  return { startMs, bucketMs, count, resolution: resolutionOf(startMs, bucketMs) };
}

/** The coarsest source whose rows fit into the buckets whole. */
function resolutionOf(startMs: number, bucketMs: number): Resolution {
  const isWhole = (unitMs: number) => startMs % unitMs === 0 && bucketMs % unitMs === 0;
  if (isWhole(hourMs)) return "hour";
  return isWhole(minuteMs) ? "minute" : "raw";
}

/** The narrowest bucket, at least `floorMs`, such that `points` of them hold the range. */
function cutOf(fromMs: number, toMs: number, points: number, floorMs: number): Omit<Grid, "resolution"> {
  if (points === 1) {
    const startMs = Math.floor(fromMs / floorMs) * floorMs;
    return { startMs, bucketMs: Math.ceil((toMs - startMs) / floorMs) * floorMs, count: 1 };
  }
  let bucketMs = bucketAtLeast(Math.max((toMs - fromMs) / points, floorMs));
  for (;;) {
    const startMs = Math.floor(fromMs / bucketMs) * bucketMs;
    const count = Math.ceil((toMs - startMs) / bucketMs);
    // Ends, as a bucket as wide as the range needs a second one at most.
    if (count <= points) return { startMs, bucketMs, count };
    bucketMs = bucketAtLeast(bucketMs + 1);
  }
}

function bucketAtLeast(ms: number): number {
  return widthsMs.find((width) => width >= ms) ?? Math.ceil(ms / dayMs) * dayMs;
}

/** A grid of one series over raw rows alone, for tables that have no rollups. */
export function rawGridFor(fromMs: number, toMs: number, points: number): Grid {
  return { ...cutOf(fromMs, toMs, points, 1), resolution: "raw" };
}

/**
 * What one answer may hold, points times series: past it the objects alone would be felt on the
 * main thread.
 */
export const maxCells = 1_000_000;

export function assertCells(cells: number): void {
  if (cells <= maxCells) return;
  throw new StoreError(
    "invalid_query",
    `the answer would have ${cells} points, over ${maxCells}: ask for fewer points or bots`,
  );
}
