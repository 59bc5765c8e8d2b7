interface Waiting<Row> {
  readonly row: Row;
  readonly receivedAtMs: number;
  readonly bytes: number;
}

/** Rows that wait as an object each. */
export class RowRing<Row> {
  #rows: Waiting<Row>[] = [];
  #from = 0;

  get length(): number {
    return this.#rows.length - this.#from;
  }

  get capacity(): number {
    return this.#rows.length;
  }

  pushRow(row: Row, receivedAtMs: number, bytes: number): void {
    this.#rows.push({ row, receivedAtMs, bytes });
  }

  get oldest(): Row {
    return this.#first.row;
  }

  get oldestReceivedAtMs(): number {
    return this.#first.receivedAtMs;
  }

  get oldestBytes(): number {
    return this.#first.bytes;
  }

  dropOldest(): void {
    this.#from++;
    if (2 * this.#from < this.#rows.length) return;
    this.#rows = this.#rows.slice(this.#from);
    this.#from = 0;
  }

  get #first(): Waiting<Row> {
    return this.#rows[this.#from] as Waiting<Row>;
  }
}
