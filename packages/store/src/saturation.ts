/**
 * A sum as it is answered: past the range of a number it is the largest one, so that one absurd
 * value makes no total unknown for good.
 */
export function saturated(sum: number | null): number {
  if (sum === null || Number.isNaN(sum)) return Number.MAX_VALUE;
  return Math.min(Math.max(sum, -Number.MAX_VALUE), Number.MAX_VALUE);
}

/** An average lies between the least and the greatest value, whatever became of the sum. */
export function averageOf(sum: number | null, count: number, min: number, max: number): number {
  const average = (sum ?? Number.NaN) / count;
  return Number.isNaN(average) ? min / 2 + max / 2 : Math.min(Math.max(average, min), max);
}
