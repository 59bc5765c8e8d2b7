import { type LlmUsage, LlmUsageTable, StoreError } from "@kissbot/store";
import type { BatchRows } from "./batch-rows.js";

/** So many rows are objects for a moment before they become columns; few enough to die young. */
const looseRows = 256;

/**
 * Usage rows that wait for their batch, as columns: the worker's objects are gone before the collector comes, and the tables
 * are used again once their rows are stored.
 */
export class UsageGathering {
  readonly #capacity: number;
  readonly #maxSpare: number;
  readonly #spare: LlmUsageTable[] = [];
  #table: LlmUsageTable;
  #loose: LlmUsage[] = [];
  /** What the store would call invalid, in a batch of its own. */
  #odd: LlmUsage[] | null = null;

  /** Tables of `capacity` rows, of which `maxSpare` are kept while they are not needed. */
  constructor(capacity: number, maxSpare: number) {
    this.#capacity = capacity;
    this.#maxSpare = maxSpare;
    this.#table = new LlmUsageTable(capacity);
  }

  get length(): number {
    return this.#table.length + this.#loose.length + (this.#odd?.length ?? 0);
  }

  /** How many rows may be added before some are taken. */
  get room(): number {
    return this.#odd === null ? this.#capacity - this.#table.length - this.#loose.length : 0;
  }

  add(row: LlmUsage): void {
    this.#loose.push(row);
    if (this.#loose.length >= looseRows || this.room === 0) this.#settle();
  }

  /** The rows of the next batch; null when there are none. */
  take(): NonNullable<BatchRows["llmUsage"]> | null {
    this.#settle();
    if (this.#odd !== null) {
      const odd = this.#odd;
      this.#odd = null;
      return odd;
    }
    const table = this.#table;
    if (table.length === 0) return null;
    this.#table = this.#spare.pop() ?? new LlmUsageTable(this.#capacity);
    return table;
  }

  /** Takes a table back that nobody reads any more. */
  giveBack(rows: BatchRows["llmUsage"]): void {
    if (!(rows instanceof LlmUsageTable) || this.#spare.length >= this.#maxSpare) return;
    rows.clear();
    this.#spare.push(rows);
  }

  #settle(): void {
    if (this.#loose.length === 0) return;
    try {
      this.#table.append(this.#loose);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // Its lane finds out which of them, and tells of it.
      this.#odd = this.#loose;
    }
    this.#loose = [];
  }
}
