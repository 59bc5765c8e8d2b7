/** What a ring starts with. */
const leastCapacity = 16;
/** And how much room it keeps for good, once it has grown. */
const keptCapacity = 4_096;

/**
 * How much room a ring keeps that was just emptied, and held at most `peak` rows since the time
 * before: half, as long as it used less than a quarter of it. So what a stall of the store made it
 * grow is given back while rows come as they always do, and one that a flood fills and the worker
 * empties many times a second keeps its arrays (measured: `pnpm bench ablation`, `kept-ring`).
 */
function emptyCapacity(capacity: number, peak: number): number {
  return capacity > keptCapacity && 4 * peak < capacity ? capacity / 2 : capacity;
}

/**
 * Rows of one type that wait, oldest first, in arrays side by side: a row costs its three slots and
 * no object of its own (measured: `pnpm bench ablation`, `metric-ring`). It grows by doubling, and
 * gives back room step by step when it is empty (see `emptyCapacity`).
 */
export class RowRing<Row> {
  #rows: (Row | undefined)[] = new Array(leastCapacity).fill(undefined);
  #receivedAtMs = new Float64Array(leastCapacity);
  #bytes = new Float64Array(leastCapacity);
  #head = 0;
  #length = 0;
  #peak = 0;

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#rows.length;
  }

  pushRow(row: Row, receivedAtMs: number, bytes: number): void {
    if (this.#length === this.#rows.length) this.#resize(2 * this.#length);
    const at = (this.#head + this.#length) & (this.#rows.length - 1);
    this.#rows[at] = row;
    this.#receivedAtMs[at] = receivedAtMs;
    this.#bytes[at] = bytes;
    this.#length++;
    if (this.#length > this.#peak) this.#peak = this.#length;
  }

  /** The oldest row and the value stored with it; call only while there is one. */
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
    if (this.#length > 0) return;
    const capacity = emptyCapacity(this.#rows.length, this.#peak);
    this.#peak = 0;
    if (capacity < this.#rows.length) this.#resize(capacity);
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
