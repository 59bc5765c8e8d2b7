/**
 * A straight line through points: how steep it is, and between what bounds that lies in 95 of 100
 * such series, or in 90 where each point depends much on the one before.
 */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

const hourMs = 3_600_000;

/**
 * With fewer degrees of freedom the bounds are those of any two points, which tell nothing, and no
 * more series lie within them (measured over series made at random).
 */
const leastDegrees = 6;

/** One value at one time. */
export interface Point {
  readonly ms: number;
  readonly value: number;
}

/**
 * By Theil and Sen: the median of the slopes between any two points, so that neither a single peak
 * nor a few change it. The bounds are of Sen's ranks, with a lag-one correction for points that
 * depend on one another: a heap that wanders has fewer independent points than samples. Of at least
 * four points; throws RangeError on fewer.
 */
export function slopeOf(points: readonly Point[]): Slope {
  const n = points.length;
  if (n < 4) throw new RangeError(`a slope needs four points or more, not ${n}`);
  const slopes = points
    .flatMap((one, i) => points.slice(i + 1).map((other) => slopeBetween(one, other)))
    .sort((a, b) => a - b);
  const perHour = quantileOf(slopes, 0.5);
  const rests = points.map(({ ms, value }) => value - (perHour * ms) / hourMs);
  const effective = effectiveCount(ranksOf(rests));
  // Of Kendall's sum over pairs, by which the ranks of the bounds are chosen.
  const variance = ((n * (n - 1) * (2 * n + 5)) / 18) * (n / effective);
  const share = (studentT(Math.max(leastDegrees, effective - 2)) * Math.sqrt(variance)) / slopes.length;
  return {
    perHour,
    low: quantileOf(slopes, Math.max(0, (1 - share) / 2)),
    high: quantileOf(slopes, Math.min(1, (1 + share) / 2)),
  };
}

function slopeBetween(one: Point, other: Point): number {
  return ((other.value - one.value) / (other.ms - one.ms)) * hourMs;
}

/** Of sorted values. */
function quantileOf(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return below + (above - below) * (at - Math.floor(at));
}

/** Ranks around 0; equal values share theirs. */
function ranksOf(values: readonly number[]): number[] {
  return values.map(
    (value) =>
      values.filter((other) => other < value).length - values.filter((other) => other > value).length,
  );
}

/** How many independent points so many correlated ones are worth. */
function effectiveCount(rests: readonly number[]): number {
  const n = rests.length;
  const power = sumOf(rests.map((rest) => rest ** 2));
  if (power === 0) return n;
  const neighbours = sumOf(rests.slice(1).map((rest, i) => rest * (rests[i] as number)));
  // Of few points it comes out too small.
  const correlation = Math.min(0.95, Math.max(0, (n * (neighbours / power) + 1) / Math.max(1, n - 4)));
  return Math.max(3, (n * (1 - correlation)) / (1 + correlation));
}

/**
 * The 97.5 % quantile of Student's t, by Cornish and Fisher's expansion from the normal one; within
 * 2 % from 3 degrees of freedom on.
 */
function studentT(degrees: number): number {
  const z = 1.959964;
  const third = (z ** 3 + z) / 4;
  const fifth = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const seventh = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + third / degrees + fifth / degrees ** 2 + seventh / degrees ** 3;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
