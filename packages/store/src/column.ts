/**
 * One column of a record, as it is checked and packed. `text`: not empty, well-formed (a lone surrogate would be stored
 * as U+FFFD and two names become one). `status`: one of the bot's. `count`: an integer from 0 to 2^53-1. `amount`:
 * finite, not negative. `signed`: finite. `time`: Unix milliseconds, a fraction is cut off. `flag`: a boolean.
 *
 * `get` is a function of its own for each column because a read through `row[field]` is megamorphic: measured at three
 * times the cost, in the one place where the main thread pays per row.
 */
export interface Column<Row> {
  readonly field: string;
  readonly kind: "text" | "status" | "count" | "amount" | "signed" | "time" | "flag";
  readonly nullable?: boolean;
  readonly get: (row: Row) => unknown;
}

/** Whether a column's values travel as references into the batch's dictionary. */
export function isTextual(column: Column<never>): boolean {
  return column.kind === "text" || column.kind === "status";
}
