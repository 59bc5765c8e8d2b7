import type { Database } from "better-sqlite3";
import type { RowCells } from "../../column.js";
import { columnsOf, type RecordDeclaration, type TableName } from "../../record.js";
import { textFromMs } from "../../timestamp.js";
import { BulkInsert, type Value } from "./bulk-insert.js";
import type { ChannelTable, OrderedRows } from "./channel-order.js";

interface Place {
  readonly kind: "text" | "number" | "timestamp";
  /** Among the table's columns of texts, or of numbers. */
  readonly index: number;
  /** What stands for null. */
  readonly unset: number | null;
}

/** Writes the columns that a record declares for one table. */
export class RecordColumns {
  /** Their names in SQL. */
  readonly names: readonly string[];
  readonly #places: readonly Place[];

  constructor(record: RecordDeclaration<unknown>, table: TableName) {
    const columns = columnsOf(record, table);
    this.names = columns.map(({ column }) => column);
    this.#places = columns.map(({ field: { index, isText, unset = null }, isTimestamp }) => ({
      kind: isText ? "text" : isTimestamp ? "timestamp" : "number",
      index,
      unset,
    }));
  }

  emptyRow(): Value[] {
    return new Array<Value>(this.names.length).fill(null);
  }

  /** Writes a row's values into `values` from `from` on. */
  fill(values: Value[], from: number, { refs, numbers, strings, capacity }: RowCells, row: number): void {
    const places = this.#places;
    for (let i = 0; i < places.length; i++) {
      const { kind, index, unset } = places[i] as Place;
      const at = index * capacity + row;
      if (kind === "text") {
        const ref = refs[at] as number;
        values[from + i] = ref === 0 ? null : (strings[ref - 1] as string);
      } else {
        const value = numbers[at] as number;
        values[from + i] = kind === "timestamp" ? textFromMs(value) : Number.isNaN(value) ? unset : value;
      }
    }
  }

  /** Whether a row has any of them; a timestamp does not count. */
  hasAny({ refs, numbers, capacity }: RowCells, row: number): boolean {
    const places = this.#places;
    for (let i = 0; i < places.length; i++) {
      const { kind, index } = places[i] as Place;
      const at = index * capacity + row;
      if (kind === "text" ? refs[at] !== 0 : kind === "number" && !Number.isNaN(numbers[at])) return true;
    }
    return false;
  }
}

/** Inserts many rows of one record into one table. */
export class RecordInsert {
  readonly #bulk: BulkInsert;
  readonly #columns: RecordColumns;

  constructor(db: Database, record: RecordDeclaration<unknown>, table: TableName) {
    this.#columns = new RecordColumns(record, table);
    this.#bulk = new BulkInsert(db, table, this.#columns.names);
  }

  /** `idOf` is told the id of each row, by its place in the order. */
  insert(rows: OrderedRows<ChannelTable>, idOf?: (i: number, id: number) => void): void {
    const columns = this.#columns;
    this.#bulk.insert(
      rows.count,
      (values, at, i) => columns.fill(values, at, rows.tableAt(i).cells, rows.rowAt(i)),
      idOf,
    );
  }
}
