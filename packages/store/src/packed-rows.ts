import type { PackedTable } from "./packed-table.js";

/** Reads a packed table on the other side. Columns are counted as their list stands: textual ones apart from numeric ones. */
export class PackedRows {
  readonly count: number;
  readonly #table: PackedTable;
  readonly #strings: readonly string[];

  constructor(table: PackedTable, strings: readonly string[]) {
    this.#table = table;
    this.#strings = strings;
    this.count = table.rows;
  }

  /** A text that is never null; the packing saw to that. */
  text(column: number, row: number): string {
    return this.#strings[(this.#table.refs[column * this.count + row] as number) - 1] as string;
  }

  textOrNull(column: number, row: number): string | null {
    const ref = this.#table.refs[column * this.count + row] as number;
    return ref === 0 ? null : (this.#strings[ref - 1] as string);
  }

  number(column: number, row: number): number {
    return this.#table.numbers[column * this.count + row] as number;
  }

  numberOrNull(column: number, row: number): number | null {
    const value = this.#table.numbers[column * this.count + row] as number;
    return Number.isNaN(value) ? null : value;
  }
}
