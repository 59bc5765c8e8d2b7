import { badField, type Column, NumberColumn, type RowCells, TextColumn } from "./column.js";
import { Dictionary } from "./dictionary.js";
import { StoreError } from "./error.js";
import type { RecordDeclaration, RowOf, StoredRowOf } from "./record.js";

/**
 * Strings that a cleared table keeps; bots that make up ever new names must not fill the memory.
 */
const keptStrings = 4_096;

/**
 * The rows of a table as they cross to the writer's thread: columns of references, then columns of
 * numbers.
 */
export interface PackedTable {
  readonly rows: number;
  readonly refs: Uint32Array<ArrayBuffer>;
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** The columns of a table by the names of their fields. */
export type ColumnsOf<Declared> = {
  readonly [Name in keyof Declared]: Declared[Name] extends { kind: "text" | "status" }
    ? TextColumn
    : NumberColumn;
};

/** How each field of a record is read from a `Source` that was received at `atMs`. */
export type FieldReaders<Declared, Source> = {
  readonly [Name in keyof Declared]: (
    source: Source,
    atMs: number,
  ) => RowOf<Declared>[Name & keyof RowOf<Declared>];
};

/** The readers of a record in the order of its columns. */
export interface RowReader<Declared, Source> {
  readonly record: RecordDeclaration<Declared>;
  readonly texts: readonly ((source: Source, atMs: number) => unknown)[];
  readonly numbers: readonly ((source: Source, atMs: number) => unknown)[];
}

/** Throws RangeError if a table cannot have room for so many rows. */
export function capacityOf(capacity: number): number {
  if (Number.isSafeInteger(capacity) && capacity >= 1) return capacity;
  throw new RangeError(`capacity: expected an integer of at least 1, got ${capacity}`);
}

/** Orders the readers of a record once, so that nothing is looked up by name for each row. */
export function rowReader<Declared, Source>(
  record: RecordDeclaration<Declared>,
  readers: FieldReaders<Declared, Source>,
): RowReader<Declared, Source> {
  const of = (text: boolean) =>
    record.list.filter(({ isText }) => isText === text).map(({ name }) => readers[name as keyof Declared]);
  return { record, texts: of(true), numbers: of(false) };
}

/**
 * The rows of one kind of record as columns: the one form in which rows wait in a queue, wait for
 * their commit, cross to the writer's thread and are read there. No row is an object while it
 * waits, so the collector has nothing to move. A table that is filled, written, cleared and filled
 * again allocates nothing.
 */
export class RecordTable<Declared> implements Iterable<RowOf<Declared>> {
  readonly record: RecordDeclaration<Declared>;
  readonly capacity: number;
  /** @internal */
  readonly columns: ColumnsOf<Declared>;
  /** @internal The same in the order of the declaration. */
  readonly list: readonly Column[];
  /** @internal The columns of texts, and those of numbers. */
  readonly texts: readonly TextColumn[];
  readonly #numbers: readonly NumberColumn[];
  /** @internal */
  readonly cells: RowCells;
  #dictionary: Dictionary;
  #length = 0;
  /** No row holds a value that a store refuses. */
  #isSound = true;

  /** `capacity`: how many rows it holds. `packed`: rows to read that came with these strings. */
  constructor(
    record: RecordDeclaration<Declared>,
    capacity: number,
    dictionary = new Dictionary(),
    packed?: PackedTable,
  ) {
    this.record = record;
    this.capacity = capacity;
    this.#dictionary = dictionary;
    const textCount = record.list.filter(({ isText }) => isText).length;
    this.cells = {
      refs: packed?.refs ?? new Uint32Array(textCount * capacity),
      numbers: packed?.numbers ?? new Float64Array((record.list.length - textCount) * capacity),
      strings: dictionary.strings,
      capacity,
    };
    this.#length = packed?.rows ?? 0;
    this.list = record.list.map((field) =>
      field.isText ? new TextColumn(field, this.cells) : new NumberColumn(field, this.cells),
    );
    this.texts = this.list.filter((column) => column instanceof TextColumn);
    this.#numbers = this.list.filter((column) => column instanceof NumberColumn);
    this.columns = Object.fromEntries(
      this.list.map((column) => [column.field, column]),
    ) as unknown as ColumnsOf<Declared>;
  }

  /** @internal A table that was packed, to be read with the strings that came with it. */
  static read<Declared>(
    record: RecordDeclaration<Declared>,
    packed: PackedTable,
    dictionary: Dictionary,
  ): RecordTable<Declared> {
    return new RecordTable(record, packed.rows, dictionary, packed);
  }

  get length(): number {
    return this.#length;
  }

  /** @internal No row that was appended holds a value that a store refuses. */
  get isSound(): boolean {
    return this.#isSound;
  }

  /** How many more rows fit. */
  get room(): number {
    return this.capacity - this.#length;
  }

  /**
   * Adds rows; keeps only their strings, not the objects. Throws `invalid_batch` with the index of
   * the row in the table and the field, or a `RangeError` if the rows do not fit; then it adds
   * none.
   */
  append(rows: readonly RowOf<Declared>[]): void {
    const { name } = this.record;
    const from = this.#length;
    if (rows.length > this.room) {
      throw new RangeError(`${rows.length} rows do not fit: ${from} of ${this.capacity} are there`);
    }
    for (let i = 0; i < rows.length; i++) {
      if (typeof rows[i] !== "object" || rows[i] === null) {
        throw new StoreError("invalid_batch", `${name}[${from + i}]: expected an object`);
      }
    }
    let isSound = true;
    for (const column of this.texts) {
      const { get } = column;
      for (let i = 0; i < rows.length; i++) {
        const isGood = column.set(from + i, get(rows[i] as object), this.#dictionary);
        isSound = isSound && isGood;
      }
    }
    for (const column of this.#numbers) {
      const { get } = column;
      for (let i = 0; i < rows.length; i++) {
        const isGood = column.set(from + i, get(rows[i] as object));
        isSound = isSound && isGood;
      }
    }
    if (!isSound) this.#refuse(from, from + rows.length);
    this.#length += rows.length;
  }

  /**
   * Adds one row as the readers find it in the source; expects that there is room. A value that no
   * store takes is found when the table is written: `invalid_batch` then names it.
   */
  appendFrom<Source>(reader: RowReader<Declared, Source>, source: Source, atMs: number): void {
    const row = this.#length++;
    const { texts, numbers } = reader;
    for (let i = 0; i < texts.length; i++) {
      const value = (texts[i] as (source: Source, atMs: number) => unknown)(source, atMs);
      if (!(this.texts[i] as TextColumn).set(row, value, this.#dictionary)) this.#isSound = false;
    }
    for (let i = 0; i < numbers.length; i++) {
      const value = (numbers[i] as (source: Source, atMs: number) => unknown)(source, atMs);
      if (!(this.#numbers[i] as NumberColumn).set(row, value)) this.#isSound = false;
    }
  }

  /**
   * Adds the rows `from` to `to` (not included) of another table of the same record; expects that
   * there is room.
   */
  appendRows(source: RecordTable<Declared>, from: number, to: number): void {
    const into = this.#length;
    for (let i = 0; i < this.texts.length; i++) {
      const [column, theirs] = [this.texts[i] as TextColumn, source.texts[i] as TextColumn];
      column.copy(theirs, from, to, into, this.#dictionary);
    }
    for (let i = 0; i < this.#numbers.length; i++) {
      (this.#numbers[i] as NumberColumn).copy(source.#numbers[i] as NumberColumn, from, to, into);
    }
    this.#length += to - from;
    this.#isSound = this.#isSound && source.#isSound;
  }

  /** Forgets the newest row; to be called only while there is one. */
  dropNewest(): void {
    this.#length--;
  }

  /** Forgets all rows. */
  clear(): void {
    this.#length = 0;
    this.#isSound = true;
    if (this.#dictionary.strings.length <= keptStrings) return;
    this.#dictionary = new Dictionary();
    this.cells.strings = this.#dictionary.strings;
  }

  /** Copies of some rows, with null for what they do not have. */
  slice(from = 0, to = this.#length): RowOf<Declared>[] {
    const rows: RowOf<Declared>[] = [];
    for (let i = from; i < Math.min(to, this.#length); i++) rows.push(this.#rowAt(i) as RowOf<Declared>);
    return rows;
  }

  *[Symbol.iterator](): Iterator<RowOf<Declared>> {
    for (let i = 0; i < this.#length; i++) yield this.#rowAt(i) as RowOf<Declared>;
  }

  /** @internal One row as it is stored. */
  storedRow(row: number): StoredRowOf<Declared> {
    const stored = this.#rowAt(row);
    for (const { name, kind, unset } of this.record.list) {
      if (stored[name] === null && unset !== undefined) stored[name] = kind === "flag" ? false : unset;
    }
    return stored as StoredRowOf<Declared>;
  }

  /** @internal The length of the texts of a row, in UTF-16 units. */
  unitsOf(row: number): number {
    const { refs, strings, capacity } = this.cells;
    let units = 0;
    for (let at = row; at < refs.length; at += capacity) {
      const ref = refs[at] as number;
      if (ref > 0 && ref <= strings.length) units += (strings[ref - 1] as string).length;
    }
    return units;
  }

  /**
   * @internal Its rows as they cross to the writer's thread: a copy, with references into that
   * dictionary. Throws `invalid_batch` that names the row and the field.
   */
  pack(dictionary: Dictionary): PackedTable {
    const count = this.#length;
    if (!this.#isSound) this.#refuse(0, count);
    const copy = new RecordTable(this.record, count, dictionary);
    copy.appendRows(this, 0, count);
    return copy.#handedOver();
  }

  /**
   * @internal Checked rows as they cross to the writer's thread, with references into that
   * dictionary.
   */
  static packRows<Declared>(
    record: RecordDeclaration<Declared>,
    rows: readonly RowOf<Declared>[],
    dictionary: Dictionary,
  ): PackedTable {
    if (!Array.isArray(rows)) throw new StoreError("invalid_batch", `${record.name}: expected an array`);
    const table = new RecordTable(record, rows.length, dictionary);
    table.append(rows);
    return table.#handedOver();
  }

  #handedOver(): PackedTable {
    return { rows: this.#length, refs: this.cells.refs, numbers: this.cells.numbers };
  }

  #rowAt(row: number): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (let i = 0; i < this.list.length; i++) {
      const column = this.list[i] as Column;
      if (column instanceof TextColumn) {
        copy[column.field] = column.at(row);
        continue;
      }
      const value = column.numberAt(row);
      copy[column.field] = Number.isNaN(value) ? null : column.kind === "flag" ? value === 1 : value;
    }
    return copy;
  }

  /** Names the first value that no store takes, column by column: texts, then numbers. */
  #refuse(from: number, to: number): void {
    for (const column of [...this.texts, ...this.#numbers]) {
      for (let row = from; row < to; row++) {
        if (column.isBad(row)) throw badField(this.record.name, row, column);
      }
    }
  }
}
