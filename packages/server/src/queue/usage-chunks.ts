import type { LlmUsage } from "@kissbot/protocol";
import { LlmUsageTable } from "@kissbot/store";
import { usageColumns } from "./usage-columns.js";

/**
 * Small enough that a queue that is nearly always empty keeps little, large enough that a flood
 * seldom changes chunks.
 */
const chunkRows = 1_024;

/**
 * Usage rows that wait, oldest first, as chunks of columns: no row is an object while it waits, so
 * the collector has nothing to move however many there are. (Measured:
 * `pnpm bench ablation`, `usage-columns`.)
 *
 * A chunk that was emptied is let go, unless it is the only one: then it is used again, and forgets
 * its names once there are thousands of them, so names without end leave nothing behind.
 */
export class UsageChunks {
  /** Never empty; the last one takes new rows. */
  readonly #chunks = [new LlmUsageTable(chunkRows)];
  /** The first row of the oldest chunk that waits. */
  #from = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many rows it holds without taking more room. */
  get capacity(): number {
    return this.#chunks.length * chunkRows;
  }

  /** Answers what the row takes, in UTF-16 units of its texts. */
  pushUsage(message: LlmUsage, receivedAtMs: number): number {
    this.#tidy();
    let chunk = this.#chunks.at(-1) as LlmUsageTable;
    if (chunk.room === 0) {
      chunk = new LlmUsageTable(chunkRows);
      this.#chunks.push(chunk);
    }
    chunk.appendFrom(usageColumns, message, receivedAtMs);
    this.#length++;
    return chunk.unitsOf(chunk.length - 1);
  }

  /** Forgets the row that was just pushed. */
  dropNewest(): void {
    (this.#chunks.at(-1) as LlmUsageTable).dropNewest();
    this.#length--;
  }

  /**
   * Forgets the oldest row; to be called only while there is one. Answers the units of its texts.
   */
  dropOldest(): number {
    return this.takeUsage(1, () => undefined);
  }

  /**
   * Takes the oldest rows that stand in one chunk, at most `limit`: `on` is told where they are,
   * and may read them until it returns. They no longer wait when it is called. Answers the units of
   * their texts.
   */
  takeUsage(
    limit: number,
    on: (rows: LlmUsageTable, from: number, to: number, units: number) => void,
  ): number {
    this.#tidy();
    const chunk = this.#chunks[0] as LlmUsageTable;
    const from = this.#from;
    const to = Math.min(from + limit, chunk.length);
    let units = 0;
    for (let row = from; row < to; row++) units += chunk.unitsOf(row);
    this.#from = to;
    this.#length -= to - from;
    on(chunk, from, to, units);
    return units;
  }

  /** Lets an emptied chunk go: not when it is emptied, since its rows are being read then. */
  #tidy(): void {
    const chunk = this.#chunks[0] as LlmUsageTable;
    if (this.#from < chunk.length || this.#from === 0) return;
    this.#from = 0;
    if (this.#chunks.length > 1) this.#chunks.shift();
    else chunk.clear();
  }
}
