import { LlmUsageTable } from "@kissbot/store";
import type { BatchRows } from "./batch-rows.js";

/**
 * Usage rows that wait for their batch, as columns. The tables are used again once their rows are
 * stored.
 */
export class UsageGathering {
  readonly #capacity: number;
  readonly #maxSpare: number;
  readonly #spare: LlmUsageTable[] = [];
  #table: LlmUsageTable;

  /** Tables of `capacity` rows, of which `maxSpare` are kept while they are not needed. */
  constructor(capacity: number, maxSpare: number) {
    this.#capacity = capacity;
    this.#maxSpare = maxSpare;
    this.#table = new LlmUsageTable(capacity);
  }

  get length(): number {
    return this.#table.length;
  }

  /** How many rows may be added before some are taken. */
  get room(): number {
    return this.#table.room;
  }

  /** Adds the rows `from` to `to` (not included) of a table. */
  addUsageRows(rows: LlmUsageTable, from: number, to: number): void {
    this.#table.appendRows(rows, from, to);
  }

  /** The rows of the next batch; null when there are none. */
  takeUsageTable(): LlmUsageTable | null {
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
}
