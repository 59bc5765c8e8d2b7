import { Spares } from "../spares.js";

/** Rows as columns, such as `LlmUsageTable`. */
interface GatheredTable<Table> {
  readonly length: number;
  readonly room: number;
  appendRows(rows: Table, from: number, to: number): void;
  clear(): void;
}

/**
 * Rows of one kind that wait for their batch, as columns. The tables are used again once their rows
 * are stored.
 */
export class RowGathering<Table extends GatheredTable<Table>> {
  readonly #tableClass: new (
    capacity: number,
  ) => Table;
  readonly #capacity: number;
  readonly #spares: Spares<Table>;
  #table: Table;

  /** Tables of `capacity` rows, of which at most `maxSpare` are kept while they are not needed. */
  constructor(tableClass: new (capacity: number) => Table, capacity: number, maxSpare: number) {
    this.#tableClass = tableClass;
    this.#capacity = capacity;
    this.#spares = new Spares(maxSpare);
    this.#table = new tableClass(capacity);
  }

  get length(): number {
    return this.#table.length;
  }

  /** How many rows may be added before some are taken. */
  get room(): number {
    return this.#table.room;
  }

  /** Adds the rows `from` to `to` (not included) of a table. */
  addRows(rows: Table, from: number, to: number): void {
    this.#table.appendRows(rows, from, to);
  }

  /** The rows of the next batch; null when there are none. */
  takeTable(): Table | null {
    const table = this.#table;
    if (table.length === 0) return null;
    this.#table = this.#spares.take() ?? new this.#tableClass(this.#capacity);
    return table;
  }

  /** Takes a table back that nobody reads any more; what is none is left alone. */
  giveBack(rows: unknown): void {
    if (!(rows instanceof this.#tableClass)) return;
    rows.clear();
    this.#spares.giveBack(rows);
  }
}
