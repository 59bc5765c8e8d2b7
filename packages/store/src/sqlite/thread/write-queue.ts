import type { PackedBatch } from "../../packed-batch.js";

export interface WaitingBatch {
  readonly id: number;
  readonly batch: PackedBatch;
  readonly arrivedMs: number;
}

/**
 * Rows that one commit takes at most, unless a single batch has more: what bounds how long the
 * others wait for it.
 */
const rowsPerGroup = 20_000;

/** The batches that wait for the writer, in the order in which they came. */
export class WriteQueue {
  #waiting: WaitingBatch[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  enqueueBatch(batch: WaitingBatch): void {
    this.#waiting.push(batch);
  }

  /**
   * What came while the last commit was under way goes into the next one together: one sync for all
   * of them.
   */
  takeGroup(): WaitingBatch[] {
    let rows = 0;
    let count = 0;
    for (const { batch } of this.#waiting) {
      if (count > 0 && rows + batch.rows > rowsPerGroup) break;
      rows += batch.rows;
      count += 1;
    }
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return group;
  }

  /** Puts back what could not be written yet, before everything that came since. */
  putBack(group: readonly WaitingBatch[]): void {
    this.#waiting = [...group, ...this.#waiting];
  }

  takeAll(): WaitingBatch[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}
