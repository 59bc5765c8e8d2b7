import type { FleetSource } from "../fleet-source.js";
import type { IdRange } from "../ranges.js";
import type { SourceRows, SourceTail } from "../sqlite/read/source-tail.js";
import { type RowTimes, settleTimes } from "./row-times.js";

/** Rows that are ready to be sent. */
export interface Portion {
  readonly source: FleetSource;
  readonly opening: number;
  /** Of the range that was asked for: its first id, and how many ids it has. */
  readonly first: number;
  readonly size: number;
  /** The ids that the rows stand for: more than were asked for where none of those is left. */
  readonly sent: IdRange;
  readonly rows: SourceRows;
  readonly times: RowTimes;
}

/** What is read. `gap`: the ids around the range that the receiver lacks. */
export interface Wanted {
  readonly source: FleetSource;
  readonly opening: number;
  readonly range: IdRange;
  readonly gap: IdRange;
}

/** `nowMs`: the receiver's clock. */
export function readPortion(tail: SourceTail, nowMs: number, wanted: Wanted): Portion {
  const { source, opening, range, gap } = wanted;
  let sent = range;
  let rows: SourceRows = tail.read(source, range);
  if (rows.table.length + rows.rejected === 0) {
    // Retention may have deleted millions: one statement passes them all.
    sent = tail.emptyAround(source, range, gap);
    rows = { ...rows, deleted: sent.last - sent.first + 1 };
  }
  const times = settleTimes(rows.table.columns.tsMs, rows.table.length, nowMs);
  return { source, opening, first: range.first, size: range.last - range.first + 1, sent, rows, times };
}
