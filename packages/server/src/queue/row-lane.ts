import type { CustomMetric, LlmUsage } from "@kissbot/protocol";
import type { LlmUsageTable } from "@kissbot/store";
import type { MessageCounters } from "./message-counters.js";
import { RowRing } from "./row-ring.js";
import { UsageChunks } from "./usage-chunks.js";

/** What a waiting row takes beside its strings: the message, its numbers and its slots. */
const rowOverheadBytes = 200;

/** The number of waiting rows, their estimated size, and the bounds of both. */
export interface RowRoom {
  readonly rows: number;
  readonly maxRows: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/**
 * Usage and metric rows that wait for the store, bounded by count and by bytes. Where a bound is
 * passed, the oldest `custom_metric` goes first, and when none is left the oldest `llm_usage`: what
 * a call cost is worth more than a gauge that is measured again. So of a metric that comes while
 * only usage waits, nothing is kept. A row that could never fit goes itself, and takes no other
 * with it.
 */
export class RowLane {
  readonly #counters: MessageCounters;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #usage = new UsageChunks();
  readonly #metrics = new RowRing<CustomMetric>();
  #bytes = 0;

  constructor(counters: MessageCounters, maxRows: number, maxBytes: number) {
    this.#counters = counters;
    this.#maxRows = maxRows;
    this.#maxBytes = maxBytes;
  }

  get depth(): number {
    return this.#usage.length + this.#metrics.length;
  }

  get usageDepth(): number {
    return this.#usage.length;
  }

  get metricDepth(): number {
    return this.#metrics.length;
  }

  /** What the waiting rows take, as estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  get room(): RowRoom {
    const { depth: rows, bytes } = this;
    return { rows, maxRows: this.#maxRows, bytes, maxBytes: this.#maxBytes };
  }

  offerUsage(row: LlmUsage, receivedAtMs: number): void {
    this.#counters.received.llm_usage++;
    const bytes = bytesOf(1, this.#usage.pushUsage(row, receivedAtMs));
    if (bytes > this.#maxBytes) {
      this.#usage.dropNewest();
      this.#shed("llm_usage");
      return;
    }
    this.#bytes += bytes;
    this.#makeRoom();
  }

  offerMetric(row: CustomMetric, receivedAtMs: number): void {
    const bytes = bytesOf(1, row.channel.length + row.metric_name.length);
    this.#counters.received.custom_metric++;
    if (bytes > this.#maxBytes) {
      this.#shed("custom_metric");
      return;
    }
    this.#metrics.pushRow(row, receivedAtMs, bytes);
    this.#bytes += bytes;
    this.#makeRoom();
  }

  drainUsage(limit: number, on: (rows: LlmUsageTable, from: number, to: number) => void): number {
    const usage = this.#usage;
    const count = Math.min(limit, usage.length);
    for (let left = count; left > 0; ) {
      usage.takeUsage(left, (rows, from, to, units) => {
        left -= to - from;
        this.#bytes -= bytesOf(to - from, units);
        this.#counters.processed.llm_usage += to - from;
        on(rows, from, to);
      });
    }
    return count;
  }

  drainMetrics(limit: number, on: (row: CustomMetric, receivedAtMs: number) => void): number {
    const ring = this.#metrics;
    const count = Math.min(limit, ring.length);
    for (let i = 0; i < count; i++) {
      const row = ring.oldest;
      const receivedAtMs = ring.oldestReceivedAtMs;
      this.#bytes -= ring.oldestBytes;
      ring.dropOldest();
      this.#counters.processed.custom_metric++;
      on(row, receivedAtMs);
    }
    return count;
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes || this.#usage.length + this.#metrics.length > this.#maxRows) {
      if (this.#metrics.length > 0) {
        this.#bytes -= this.#metrics.oldestBytes;
        this.#metrics.dropOldest();
        this.#shed("custom_metric");
      } else {
        this.#bytes -= bytesOf(1, this.#usage.dropOldest());
        this.#shed("llm_usage");
      }
    }
  }

  #shed(type: "llm_usage" | "custom_metric"): void {
    this.#counters.shed[type].queue_full++;
  }
}

/**
 * An estimate that costs nothing and errs upwards: two bytes for each UTF-16 unit, though most
 * strings take one.
 */
export function bytesOf(rows: number, units: number): number {
  return rows * rowOverheadBytes + 2 * units;
}
