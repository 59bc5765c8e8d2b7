/** The middle of the values, with what they spread over. */
export interface Median {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The median of at least one value; of an even number, the mean of the middle two. Throws
 * RangeError on none.
 */
export function medianOf(values: readonly number[]): Median {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError("no values");
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? max;
  const lower = sorted.length % 2 === 0 ? (sorted[half - 1] ?? min) : upper;
  return { median: (lower + upper) / 2, min, max };
}
