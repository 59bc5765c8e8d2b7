import type { NumberColumn } from "../column.js";

/** Host and database may differ by so much before a row counts as late or gets another time. */
export const toleranceMs = 3_600_000;

/** Rows of one statement whose times are far from the database's. */
export interface RowTimes {
  /** Older than an hour; each stays in the hour that it is of. */
  readonly late: number;
  /** More than an hour ahead: their time became that of their arrival. */
  readonly retimed: number;
}

/**
 * Judges the times of so many rows by the clock of the fleet's database, and changes those that
 * are ahead of it.
 */
export function settleTimes(tsMs: NumberColumn, length: number, nowMs: number): RowTimes {
  let late = 0;
  let retimed = 0;
  for (let row = 0; row < length; row++) {
    const ms = tsMs.numberAt(row);
    if (ms < nowMs - toleranceMs) late += 1;
    if (ms <= nowMs + toleranceMs) continue;
    tsMs.set(row, nowMs);
    retimed += 1;
  }
  return { late, retimed };
}
