import type { RecordDeclaration, StoredRowOf } from "../record.js";
import { originalText } from "./binary-array.js";
import { postgresColumns, quoted, selected } from "./record-columns.js";

type Row = Record<string, unknown>;

/** How rows of a record are read: what is selected, and what a row becomes. */
export function readerOf<Declared>(record: RecordDeclaration<Declared>): {
  readonly select: string;
  readonly rowOf: (row: Row) => StoredRowOf<Declared>;
} {
  const columns = postgresColumns(record);
  return {
    select: columns.map((one) => `${selected(one, "r")} AS ${quoted(one.field.name)}`).join(", "),
    rowOf: (row) => {
      const stored: Row = {};
      for (const { field } of columns) {
        const value = row[field.name];
        stored[field.name] = typeof value === "string" ? originalText(value) : value;
      }
      return stored as StoredRowOf<Declared>;
    },
  };
}

/** A name in an order that does not depend on the database's collation. */
export const inOrder = (column: string) => `${column} COLLATE "C"`;
/** So many rows are looked at together where a condition is one that SQL does not know. */
export const rowsPerLook = 1_000;
