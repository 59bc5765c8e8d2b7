/** What the ring starts with, and how much room it keeps while it is empty. */
const leastCapacity = 16;
const keptCapacity = 4_096;

/**
 * Rows of one type that wait, oldest first, in arrays side by side: a row costs its three slots and no object of its own.
 * It grows by doubling. Once it is empty it gives back what it grew beyond 4 096 slots, so a stall of the store leaves
 * nothing behind, and a worker that empties it many times a second does not make it grow anew each time.
 */
export class RowRing<Row> {
  #rows: (Row | undefined)[] = new Array(leastCapacity).fill(undefined);
  #receivedAtMs = new Float64Array(leastCapacity);
  #bytes = new Float64Array(leastCapacity);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#rows.length;
  }

  push(row: Row, receivedAtMs: number, bytes: number): void {
    if (this.#length === this.#rows.length) this.#resize(2 * this.#length);
    const at = (this.#head + this.#length) & (this.#rows.length - 1);
    this.#rows[at] = row;
    this.#receivedAtMs[at] = receivedAtMs;
    this.#bytes[at] = bytes;
    this.#length++;
  }

  /** The oldest row and what was given with it; to be asked only while there is one. */
  get oldest(): Row {
    return this.#rows[this.#head] as Row;
  }

  get oldestReceivedAtMs(): number {
    return this.#receivedAtMs[this.#head] as number;
  }

  get oldestBytes(): number {
    return this.#bytes[this.#head] as number;
  }

  /** Forgets the oldest row; to be called only while there is one. */
  dropOldest(): void {
    this.#rows[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#rows.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#rows.length > keptCapacity) this.#resize(leastCapacity);
  }

  #resize(capacity: number): void {
    const mask = this.#rows.length - 1;
    // Filled: an array with holes would be slower to read for as long as it lives.
    const rows: (Row | undefined)[] = new Array(capacity).fill(undefined);
    const receivedAtMs = new Float64Array(capacity);
    const bytes = new Float64Array(capacity);
    for (let i = 0; i < this.#length; i++) {
      const from = (this.#head + i) & mask;
      rows[i] = this.#rows[from];
      receivedAtMs[i] = this.#receivedAtMs[from] as number;
      bytes[i] = this.#bytes[from] as number;
    }
    this.#rows = rows;
    this.#receivedAtMs = receivedAtMs;
    this.#bytes = bytes;
    this.#head = 0;
  }
}
