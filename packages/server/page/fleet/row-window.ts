export interface RowRange {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

export interface RowView {
  readonly count: number;
  readonly rowHeight: number;
  /**
   * From the top of the first row to the top of what is seen; negative where the rows begin below
   * it.
   */
  readonly topPx: number;
  readonly heightPx: number;
  /** A row that stays, as it has the focus. */
  readonly kept?: number | null;
}

/** So many rows beyond what is seen, so that quick scrolling shows no holes. */
const spare = 6;

/**
 * The rows that are to be there, ascending: what is seen, some around it, and the one that is kept.
 */
export function rowRanges({ count, rowHeight, topPx, heightPx, kept = null }: RowView): readonly RowRange[] {
  const from = clamp(Math.floor(topPx / rowHeight) - spare, count);
  const to = clamp(Math.ceil((topPx + heightPx) / rowHeight) + spare, count);
  const ranges = from < to ? [{ from, to }] : [];
  if (kept === null || kept < 0 || kept >= count || (kept >= from && kept < to)) return ranges;
  const own = { from: kept, to: kept + 1 };
  return kept < from ? [own, ...ranges] : [...ranges, own];
}

function clamp(row: number, count: number): number {
  return Math.max(0, Math.min(count, row));
}
