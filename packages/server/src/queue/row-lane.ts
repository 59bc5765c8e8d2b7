import type { CustomMetric, LlmUsage } from "@kissbot/protocol";
import type { QueueLedger } from "./queue-ledger.js";
import { RowRing } from "./row-ring.js";
import { UsageRing } from "./usage-ring.js";

/** What a waiting row takes beside its strings: the message, its numbers and its slots. */
const rowOverheadBytes = 200;

/**
 * Usage and metric rows that wait for the store, bounded by count and by bytes. Where a bound is passed, the oldest
 * `custom_metric` goes first, and when none is left the oldest `llm_usage`: what a call cost is worth more than a gauge that
 * is measured again. So of a metric that comes while only usage waits, nothing is kept. A row that could never fit goes
 * itself, and takes no other with it.
 */
export class RowLane {
  readonly #ledger: QueueLedger;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #usage = new UsageRing();
  readonly #metrics = new RowRing<CustomMetric>();
  #bytes = 0;
  #shedSinceTold = 0;

  constructor(ledger: QueueLedger, maxRows: number, maxBytes: number) {
    this.#ledger = ledger;
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

  offerUsage(row: LlmUsage, receivedAtMs: number): void {
    const bytes = usageBytesOf(row);
    this.#ledger.received.llm_usage++;
    if (bytes > this.#maxBytes) {
      this.#shed("llm_usage");
      return;
    }
    this.#usage.push(row, receivedAtMs);
    this.#bytes += bytes;
    this.#makeRoom();
  }

  offerMetric(row: CustomMetric, receivedAtMs: number): void {
    const bytes = metricBytesOf(row);
    this.#ledger.received.custom_metric++;
    if (bytes > this.#maxBytes) {
      this.#shed("custom_metric");
      return;
    }
    this.#metrics.push(row, receivedAtMs, bytes);
    this.#bytes += bytes;
    this.#makeRoom();
  }

  drainUsage(limit: number, on: (row: LlmUsage, receivedAtMs: number) => void): number {
    const ring = this.#usage;
    const count = Math.min(limit, ring.length);
    for (let i = 0; i < count; i++) {
      const row = ring.oldest;
      const receivedAtMs = ring.oldestReceivedAtMs;
      this.#bytes -= usageBytesOf(row);
      ring.dropOldest();
      this.#ledger.processed.llm_usage++;
      on(row, receivedAtMs);
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
      this.#ledger.processed.custom_metric++;
      on(row, receivedAtMs);
    }
    return count;
  }

  takeShed(): number {
    const shed = this.#shedSinceTold;
    this.#shedSinceTold = 0;
    return shed;
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes || this.#usage.length + this.#metrics.length > this.#maxRows) {
      if (this.#metrics.length > 0) {
        this.#bytes -= this.#metrics.oldestBytes;
        this.#metrics.dropOldest();
        this.#shed("custom_metric");
      } else {
        this.#bytes -= usageBytesOf(this.#usage.oldest);
        this.#usage.dropOldest();
        this.#shed("llm_usage");
      }
    }
  }

  #shed(type: "llm_usage" | "custom_metric"): void {
    this.#ledger.shed[type].queue_full++;
    this.#shedSinceTold++;
  }
}

/** An estimate that costs nothing and errs upwards: two bytes for each UTF-16 unit, though most strings take one. */
export function usageBytesOf({ channel, model, feature, provider }: LlmUsage): number {
  const units =
    channel.length + model.length + feature.length + (provider === undefined ? 0 : provider.length);
  return rowOverheadBytes + 2 * units;
}

export function metricBytesOf({ channel, metric_name }: CustomMetric): number {
  return rowOverheadBytes + 2 * (channel.length + metric_name.length);
}
