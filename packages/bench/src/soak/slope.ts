/**
 * A straight line through points: how steep it is, and between what bounds that lies in 95 of 100
 * such series.
 */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/** One value at one time. */
export interface Point {
  readonly ms: number;
  readonly value: number;
}

/**
 * Least squares. The bounds take the points to be independent, and have a lag-one correction for
 * what they are not: a heap that wanders has fewer independent points than samples. Of at least
 * four points; throws RangeError on fewer.
 */
export function slopeOf(points: readonly Point[]): Slope {
  const n = points.length;
  if (n < 4) throw new RangeError(`a slope needs four points or more, not ${n}`);
  const x = points.map(({ ms }) => ms / 3_600_000);
  const y = points.map(({ value }) => value);
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  const spreadX = sumOf(x.map((value) => (value - meanX) ** 2));
  const perHour = sumOf(x.map((value, i) => (value - meanX) * ((y[i] as number) - meanY))) / spreadX;
  const rests = y.map((value, i) => value - meanY - perHour * ((x[i] as number) - meanX));
  const effective = effectiveCount(rests);
  const variance = sumOf(rests.map((rest) => rest ** 2)) / n / Math.max(1, effective - 2);
  // The points' spread is that of n points; the error is that of as many as are independent.
  const error = Math.sqrt((variance * n) / spreadX);
  const margin = studentT(Math.max(1, effective - 2)) * error;
  return { perHour, low: perHour - margin, high: perHour + margin };
}

/** How many independent points so many correlated ones are worth. */
function effectiveCount(rests: readonly number[]): number {
  const n = rests.length;
  const power = sumOf(rests.map((rest) => rest ** 2));
  if (power === 0) return n;
  const neighbours = sumOf(rests.slice(1).map((rest, i) => rest * (rests[i] as number)));
  const correlation = Math.min(0.95, Math.max(0, neighbours / power));
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

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
