import type { StoredRowOf } from "../record.js";
import type { RecordTable } from "../record-table.js";

/** The rows of a table of a batch, none where the batch has no such table. */
export function storedRows<Declared>(table: RecordTable<Declared> | undefined): StoredRowOf<Declared>[] {
  return Array.from({ length: table?.length ?? 0 }, (_, i) => (table as RecordTable<Declared>).storedRow(i));
}
