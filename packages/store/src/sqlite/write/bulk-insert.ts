import type { Database, Statement } from "better-sqlite3";

/** What SQLite is given for one column. */
export type Value = string | number | null;

/**
 * Rows of one statement. More save nothing that can be measured, and a batch's rest goes one by
 * one.
 */
const rowsPerStatement = 20;

/**
 * Inserts many rows with few statements (measured: `pnpm bench ablation`, `several-rows`), as long
 * as temporary files are in memory: a statement of several rows has a journal of its own. Values
 * are given one by one, since better-sqlite3 takes longer to look into an array.
 */
export class BulkInsert {
  readonly #many: Statement;
  readonly #one: Statement;
  readonly #width: number;

  constructor(db: Database, table: string, columns: readonly string[]) {
    const row = `(${columns.map(() => "?").join(", ")})`;
    const head = `INSERT INTO ${table} (${columns.join(", ")}) VALUES `;
    this.#width = columns.length;
    this.#one = db.prepare(head + row);
    this.#many = db.prepare(head + Array.from({ length: rowsPerStatement }, () => row).join(", "));
  }

  /**
   * `fill` writes row `i` into `values` from `at` on. Answers the id of each row: within one
   * transaction nobody else inserts, and a statement's rows get ids in their order, so its last id
   * tells them all.
   */
  insert(
    rows: number,
    fill: (values: Value[], at: number, i: number) => void,
    idOf?: (i: number, id: number) => void,
  ): void {
    let i = 0;
    const values = new Array<Value>(this.#width * rowsPerStatement).fill(null);
    for (; i + rowsPerStatement <= rows; i += rowsPerStatement) {
      for (let k = 0; k < rowsPerStatement; k++) fill(values, k * this.#width, i + k);
      const lastId = Number(this.#many.run(...values).lastInsertRowid);
      if (idOf !== undefined) {
        for (let k = 0; k < rowsPerStatement; k++) idOf(i + k, lastId - rowsPerStatement + 1 + k);
      }
    }
    const single = new Array<Value>(this.#width).fill(null);
    for (; i < rows; i++) {
      fill(single, 0, i);
      const id = Number(this.#one.run(...single).lastInsertRowid);
      idOf?.(i, id);
    }
  }
}
