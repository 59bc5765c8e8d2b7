/**
 * Which ids a receiver has, as pairs of the first and the last id of each range: `[1, 1000, 49001,
 * 50000]`. Ascending, and two ranges neither overlap nor touch. Flat, since this is how PostgreSQL
 * keeps it, in a `bigint[]`.
 */
export type Ranges = readonly number[];

/** Ids from `first` to `last`, both included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** From so many batches behind on, what is newest goes first and the rest follows later. */
const behindBatches = 10;

/** Whether this is a list of ranges: pairs of safe integers, ascending, not touching. */
export function isRanges(list: readonly number[]): boolean {
  if (list.length % 2 !== 0) return false;
  for (let i = 0; i < list.length; i += 2) {
    const [first, last] = [list[i] as number, list[i + 1] as number];
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first > last) return false;
    if (i > 0 && first <= (list[i - 1] as number) + 1) return false;
  }
  return true;
}

/** The ranges with one more range, which may overlap or touch those that are there. */
export function addRange(ranges: Ranges, { first, last }: IdRange): number[] {
  const joined: number[] = [];
  let [low, high] = [first, last];
  let i = 0;
  for (; i < ranges.length && (ranges[i + 1] as number) < low - 1; i += 2) {
    joined.push(ranges[i] as number, ranges[i + 1] as number);
  }
  for (; i < ranges.length && (ranges[i] as number) <= high + 1; i += 2) {
    low = Math.min(low, ranges[i] as number);
    high = Math.max(high, ranges[i + 1] as number);
  }
  joined.push(low, high, ...ranges.slice(i));
  return joined;
}

/** Whether the ranges have this id. */
export function hasId(ranges: Ranges, id: number): boolean {
  for (let i = ranges.length - 2; i >= 0; i -= 2) {
    if (id >= (ranges[i] as number)) return id <= (ranges[i + 1] as number);
  }
  return false;
}

/** How many ids of `within` the ranges lack. */
export function countMissing(ranges: Ranges, within: IdRange): number {
  let missing = 0;
  for (const gap of gapsFromTheTop(ranges, within)) missing += gap.last - gap.first + 1;
  return missing;
}

/**
 * The next ids to send of those `within`, at most `size` of them, or null where the ranges have all
 * of them. What came last is sent in its order. More than ten batches behind, the newest batch is
 * sent first; the gap below it is then filled from the top down, whenever nothing newer waits.
 */
export function nextRange(ranges: Ranges, within: IdRange, size: number): IdRange | null {
  for (const { first, last } of gapsFromTheTop(ranges, within)) {
    const isLive = last === within.last && last - first + 1 <= behindBatches * size;
    return isLive
      ? { first, last: Math.min(last, first + size - 1) }
      : { first: Math.max(first, last - size + 1), last };
  }
  return null;
}

/**
 * The whole gap of `within` in which `part` lies; `part` itself where the ranges have some of it.
 */
export function gapAround(ranges: Ranges, within: IdRange, part: IdRange): IdRange {
  for (const gap of gapsFromTheTop(ranges, within)) {
    if (gap.first <= part.first && part.last <= gap.last) return gap;
  }
  return part;
}

/** What the ranges lack of `within`, the newest gap first. */
function* gapsFromTheTop(ranges: Ranges, within: IdRange): Generator<IdRange> {
  let last = within.last;
  for (let i = ranges.length - 2; i >= 0 && last >= within.first; i -= 2) {
    const [from, to] = [ranges[i] as number, ranges[i + 1] as number];
    if (from > last) continue;
    const first = Math.max(within.first, to + 1);
    if (first <= last) yield { first, last };
    last = from - 1;
  }
  if (within.first <= last) yield { first: within.first, last };
}
