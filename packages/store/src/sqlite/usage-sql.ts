import { sumColumns } from "../usage-measure.js";

/** Where the rows of each table stand in a question about usage: `u` is a usage row, or a row of the rollup. */
const aliases = { llm_usage: "u", monitor_usage_extras: "x", monitor_usage_hours: "u" } as const;

/** Whether a table of the file has a column. */
export type HasColumn = (table: keyof typeof aliases, column: string) => boolean;

/**
 * What is asked of usage rows, joined to what the old table has no column for, in the order of `sumColumns`. Only whole numbers and sums
 * of doubles come out, see `schema.ts`. A column that an older file does not have yet is null in all its rows.
 */
export function rawSums(has: HasColumn): string {
  return sumColumns
    .map(({ column, raw, source }) => {
      if (source === null) return `${raw}(*) AS ${column}`;
      const { table } = source;
      return `${raw}(${has(table, source.column) ? `${aliases[table]}.${source.column}` : "NULL"}) AS ${column}`;
    })
    .join(", ");
}

/** The same of rows of the rollup. */
export function rolledSums(has: HasColumn): string {
  return sumColumns
    .map(({ column, rolled }) => (has("monitor_usage_hours", column) ? `${rolled}(u.${column})` : "0"))
    .join(", ");
}
