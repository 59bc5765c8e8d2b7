import { type Column, isTextual } from "./column.js";
import { Dictionary } from "./dictionary.js";
import { type PackedTable, packInto } from "./packed-table.js";

/** Strings that are kept when a table is cleared; of more, bots make up ever new ones. */
const keptStrings = 4_096;

/**
 * Rows as columns, for who has thousands of them on their way: it stands in a batch where an array of rows may stand. The batch may be
 * sent as often as it takes; until it is answered for good the table must not be changed. No row is an object for as long as its
 * commit takes, so the collector has nothing to move (measured under a flood of usage: it took a fifth of all CPU). Filled, written,
 * cleared and filled again, it allocates nothing.
 */
export class ColumnTable<Row> implements Iterable<Row> {
  readonly capacity: number;
  readonly #name: string;
  readonly #textual: readonly Column<Row>[];
  readonly #numeric: readonly Column<Row>[];
  readonly #refs: Uint32Array<ArrayBuffer>;
  readonly #numbers: Float64Array<ArrayBuffer>;
  #dictionary = new Dictionary();
  #length = 0;

  constructor(name: string, columns: readonly Column<Row>[], capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`capacity: expected an integer of at least 1, got ${capacity}`);
    }
    this.capacity = capacity;
    this.#name = name;
    this.#textual = columns.filter(isTextual);
    this.#numeric = columns.filter((column) => !isTextual(column));
    this.#refs = new Uint32Array(this.#textual.length * capacity);
    this.#numbers = new Float64Array(this.#numeric.length * capacity);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Adds rows, of which nothing is kept but their strings. Throws `invalid_batch`, which names the row by its place in the table and the
   * field, or a `RangeError` where they do not fit; then none is added.
   */
  append(rows: readonly Row[]): void {
    if (rows.length > this.capacity - this.#length) {
      throw new RangeError(`${rows.length} rows do not fit: ${this.#length} of ${this.capacity} are there`);
    }
    const { capacity } = this;
    const into = { refs: this.#refs, numbers: this.#numbers, stride: capacity, from: this.#length };
    packInto(into, this.#name, rows, this.#textual, this.#numeric, this.#dictionary);
    this.#length += rows.length;
  }

  /** Forgets all rows. */
  clear(): void {
    this.#length = 0;
    if (this.#dictionary.strings.length > keptStrings) this.#dictionary = new Dictionary();
  }

  /** Copies of some rows, with null for what they do not have. */
  slice(from = 0, to = this.#length): Row[] {
    const rows: Row[] = [];
    for (let i = from; i < Math.min(to, this.#length); i++) rows.push(this.#row(i));
    return rows;
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (let i = 0; i < this.#length; i++) yield this.#row(i);
  }

  /** @internal Its rows as they cross to the writer's thread: a copy, with references into that dictionary. */
  pack(dictionary: Dictionary): PackedTable {
    const { capacity } = this;
    const count = this.#length;
    const { strings } = this.#dictionary;
    const refOf = new Uint32Array(strings.length + 1);
    const refs = new Uint32Array(this.#textual.length * count);
    for (let column = 0, at = 0; column < this.#textual.length; column++) {
      for (let i = column * capacity; i < column * capacity + count; i++) {
        const own = this.#refs[i] as number;
        if (own !== 0 && refOf[own] === 0) refOf[own] = dictionary.ref(strings[own - 1] as string);
        refs[at++] = refOf[own] as number;
      }
    }
    const numbers = new Float64Array(this.#numeric.length * count);
    for (let column = 0; column < this.#numeric.length; column++) {
      const from = column * capacity;
      numbers.set(this.#numbers.subarray(from, from + count), column * count);
    }
    return { rows: count, refs, numbers };
  }

  #row(i: number): Row {
    const row: Record<string, unknown> = {};
    for (const [column, { field }] of this.#textual.entries()) {
      const ref = this.#refs[column * this.capacity + i] as number;
      row[field] = ref === 0 ? null : this.#dictionary.strings[ref - 1];
    }
    for (const [column, { field }] of this.#numeric.entries()) {
      const value = this.#numbers[column * this.capacity + i] as number;
      row[field] = Number.isNaN(value) ? null : value;
    }
    return row as Row;
  }
}
