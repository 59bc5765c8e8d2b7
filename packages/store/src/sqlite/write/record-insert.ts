import type { Database } from "better-sqlite3";
import type { RowCells } from "../../column.js";
import { columnsOf, type RecordDeclaration, type StoredColumn, type TableName } from "../../record.js";
import { textFromMs } from "../../timestamp.js";
import { BulkInsert, type Value } from "./bulk-insert.js";
import type { ChannelTable, OrderedRows } from "./channel-order.js";

interface Place {
  /** Among a row's values. */
  readonly at: number;
  /** Among the table's columns of texts, or of numbers. */
  readonly index: number;
  /** What stands for null. */
  readonly unset: number | null;
}

/**
 * Writes the columns that a record declares for one table. Texts, numbers and timestamps have a
 * loop each, over the table's arrays (measured: `pnpm bench ablation`, `column-kinds`).
 */
export class RecordColumns {
  /** Their names in SQL. */
  readonly names: readonly string[];
  readonly #texts: readonly Place[];
  readonly #numbers: readonly Place[];
  readonly #timestamps: readonly Place[];

  constructor(record: RecordDeclaration<unknown>, table: TableName) {
    const columns = columnsOf(record, table);
    this.names = columns.map(({ column }) => column);
    const places = (belongs: (column: StoredColumn) => boolean) =>
      columns.flatMap((column, at): Place[] => {
        const { index, unset = null } = column.field;
        return belongs(column) ? [{ at, index, unset }] : [];
      });
    this.#texts = places(({ field }) => field.isText);
    this.#numbers = places(({ field, isTimestamp }) => !field.isText && !isTimestamp);
    this.#timestamps = places(({ isTimestamp }) => isTimestamp);
  }

  emptyRow(): Value[] {
    return new Array<Value>(this.names.length).fill(null);
  }

  /** Writes a row's values into `values` from `from` on. */
  fill(values: Value[], from: number, { refs, numbers, strings, capacity }: RowCells, row: number): void {
    const texts = this.#texts;
    for (let i = 0; i < texts.length; i++) {
      const { at, index } = texts[i] as Place;
      const ref = refs[index * capacity + row] as number;
      values[from + at] = ref === 0 ? null : (strings[ref - 1] as string);
    }
    const plain = this.#numbers;
    for (let i = 0; i < plain.length; i++) {
      const { at, index, unset } = plain[i] as Place;
      const value = numbers[index * capacity + row] as number;
      values[from + at] = Number.isNaN(value) ? unset : value;
    }
    const timestamps = this.#timestamps;
    for (let i = 0; i < timestamps.length; i++) {
      const { at, index } = timestamps[i] as Place;
      values[from + at] = textFromMs(numbers[index * capacity + row] as number);
    }
  }

  /** Whether a row has any of them. */
  hasAny({ refs, numbers, capacity }: RowCells, row: number): boolean {
    const texts = this.#texts;
    for (let i = 0; i < texts.length; i++) {
      if (refs[(texts[i] as Place).index * capacity + row] !== 0) return true;
    }
    const plain = this.#numbers;
    for (let i = 0; i < plain.length; i++) {
      if (!Number.isNaN(numbers[(plain[i] as Place).index * capacity + row] as number)) return true;
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
