import { type CustomMetric, encode, type LlmUsage } from "@kissbot/protocol";
import type { LlmUsageTable } from "@kissbot/store";
import type { Principal } from "../principals/principal.js";
import type { MessageCounters } from "./message-counters.js";
import { PrincipalRows } from "./principal-rows.js";

/** What a waiting row takes beside its strings: the message, its numbers and its slots. */
const rowOverheadBytes = 200;
/**
 * From so many LLM calls on they wait as lines, where that is half of those that may wait or more.
 * With fewer it would save nothing.
 */
const leastCrowd = 8_192;
/** No LLM call takes more: it has names of 960 characters, each at most 12 in a line in ASCII. */
const mostCallBytes = 16_384;

/** The number of waiting rows, their estimated size, and the bounds of both. */
export interface RowRoom {
  readonly rows: number;
  readonly maxRows: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/**
 * Usage and metric rows that wait for the store, bounded by count and by bytes. Where a bound is
 * passed, a row of the principal goes whose rows take the most: the oldest `custom_metric`, and
 * when none is left the oldest `llm_usage`. What a call cost is worth more than a gauge that is
 * measured again. So of a metric that comes while only usage waits, nothing is kept. A row that
 * could never fit goes itself, and takes no other with it.
 *
 * Rows of one principal are taken in their order, and those of several in turns, so that none waits
 * behind a flood of another's.
 */
export class RowLane {
  readonly #counters: MessageCounters;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #crowd: number;
  /** In the order in which they first sent a row. Nearly always there is one. */
  #senders: PrincipalRows[] = [];
  /** Whose row came last. */
  #last: PrincipalRows | null = null;
  /** Who is first to be taken from next time. */
  #turn = 0;
  #usageDepth = 0;
  #metricDepth = 0;
  #bytes = 0;

  constructor(counters: MessageCounters, maxRows: number, maxBytes: number) {
    this.#counters = counters;
    this.#maxRows = maxRows;
    this.#maxBytes = maxBytes;
    this.#crowd = Math.max(leastCrowd, maxRows / 2);
  }

  get isCrowded(): boolean {
    return this.#usageDepth >= this.#crowd;
  }

  get depth(): number {
    return this.#usageDepth + this.#metricDepth;
  }

  get usageDepth(): number {
    return this.#usageDepth;
  }

  get metricDepth(): number {
    return this.#metricDepth;
  }

  /** What the waiting rows take, as estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  get room(): RowRoom {
    const { depth: rows, bytes } = this;
    return { rows, maxRows: this.#maxRows, bytes, maxBytes: this.#maxBytes };
  }

  /** As lines in ASCII. */
  offerUsageLines(
    text: string,
    lines: number,
    receivedAtMs: number,
    principal: Principal | null = null,
  ): void {
    const sender = this.#senderOf(principal);
    this.#counters.received.llm_usage += lines;
    const bytes = bytesOf(lines, sender.usage.pushLines(text, lines, receivedAtMs));
    this.#usageDepth += lines;
    this.#bytes += bytes;
    sender.bytes += bytes;
    this.#makeRoom(receivedAtMs);
  }

  offerUsage(row: LlmUsage, receivedAtMs: number, principal: Principal | null = null): void {
    // Between lines, a chunk for a row or two would take more than a hundred lines do.
    if (this.isCrowded) {
      this.offerUsageLines(asciiLine(row), 1, receivedAtMs, principal);
      return;
    }
    const sender = this.#senderOf(principal);
    this.#counters.received.llm_usage++;
    const bytes = bytesOf(1, sender.usage.pushUsage(row, receivedAtMs));
    if (bytes > this.#maxBytes) {
      sender.usage.dropNewest();
      this.#shed("llm_usage", principal, row.channel, receivedAtMs);
      return;
    }
    this.#usageDepth++;
    this.#bytes += bytes;
    sender.bytes += bytes;
    this.#makeRoom(receivedAtMs);
  }

  offerMetric(row: CustomMetric, receivedAtMs: number, principal: Principal | null = null): void {
    const sender = this.#senderOf(principal);
    const bytes = bytesOf(1, row.channel.length + row.metric_name.length);
    this.#counters.received.custom_metric++;
    if (bytes > this.#maxBytes) {
      this.#shed("custom_metric", principal, row.channel, receivedAtMs);
      return;
    }
    sender.metrics.pushRow(row, receivedAtMs, bytes);
    this.#metricDepth++;
    this.#bytes += bytes;
    sender.bytes += bytes;
    this.#makeRoom(receivedAtMs);
  }

  drainUsage(limit: number, on: (rows: LlmUsageTable, from: number, to: number) => void): number {
    return this.#drainInTurns(Math.min(limit, this.#usageDepth), usageLength, (sender, count) => {
      for (let left = count; left > 0; ) {
        sender.usage.takeUsage(left, (rows, from, to, units) => {
          left -= to - from;
          const bytes = bytesOf(to - from, units);
          this.#usageDepth -= to - from;
          this.#bytes -= bytes;
          sender.bytes -= bytes;
          this.#counters.processed.llm_usage += to - from;
          on(rows, from, to);
        });
      }
    });
  }

  drainMetrics(limit: number, on: (row: CustomMetric, receivedAtMs: number) => void): number {
    return this.#drainInTurns(Math.min(limit, this.#metricDepth), metricsLength, (sender, count) => {
      const ring = sender.metrics;
      for (let i = 0; i < count; i++) {
        const row = ring.oldest;
        const receivedAtMs = ring.oldestReceivedAtMs;
        this.#dropMetric(sender);
        this.#counters.processed.custom_metric++;
        on(row, receivedAtMs);
      }
    });
  }

  /** Gives each sender that has rows an equal share, and what one leaves to the others. */
  #drainInTurns(
    count: number,
    lengthOf: (sender: PrincipalRows) => number,
    take: (sender: PrincipalRows, count: number) => void,
  ): number {
    if (count <= 0) return 0;
    const senders = this.#senders;
    if (senders.length === 1) {
      take(senders[0] as PrincipalRows, count);
      return count;
    }
    const first = this.#turn++ % senders.length;
    for (let left = count; left > 0; ) {
      const waiting = senders.filter((sender) => lengthOf(sender) > 0).length;
      const share = Math.ceil(left / waiting);
      for (let i = 0; i < senders.length && left > 0; i++) {
        const sender = senders[(first + i) % senders.length] as PrincipalRows;
        const taken = Math.min(share, lengthOf(sender), left);
        if (taken > 0) take(sender, taken);
        left -= taken;
      }
    }
    this.#forgetRemoved();
    return count;
  }

  #senderOf(principal: Principal | null): PrincipalRows {
    if (this.#last !== null && this.#last.principal === principal) return this.#last;
    let sender = this.#senders.find((each) => each.principal === principal);
    if (sender === undefined) {
      sender = new PrincipalRows(principal);
      this.#senders.push(sender);
    }
    this.#last = sender;
    return sender;
  }

  #forgetRemoved(): void {
    const isOver = ({ principal, isEmpty }: PrincipalRows) => isEmpty && principal?.isRemoved === true;
    if (!this.#senders.some(isOver)) return;
    this.#senders = this.#senders.filter((sender) => !isOver(sender));
    this.#last = null;
  }

  #makeRoom(nowMs: number): void {
    while (this.#bytes > this.#maxBytes || this.depth > this.#maxRows) {
      const sender = this.#greatest();
      const { principal } = sender;
      if (sender.metrics.length > 0) {
        const { channel } = sender.metrics.oldest;
        this.#dropMetric(sender);
        this.#shed("custom_metric", principal, channel, nowMs);
      } else {
        this.#shedUsage(sender, nowMs);
      }
    }
  }

  #shedUsage(sender: PrincipalRows, nowMs: number): void {
    const { principal, usage } = sender;
    const rows = Math.max(1, Math.min(this.depth - this.#maxRows, this.#spareRows(sender)));
    let units = usage.dropOldest(rows - 1);
    const channel = principal === null ? "" : usage.oldestChannel;
    units += usage.dropOldest();
    const bytes = bytesOf(rows, units);
    this.#usageDepth -= rows;
    this.#bytes -= bytes;
    sender.bytes -= bytes;
    this.#shed("llm_usage", principal, channel, nowMs, rows);
  }

  /** How many rows of the greatest may go before another one may be the greatest. */
  #spareRows(greatest: PrincipalRows): number {
    const senders = this.#senders;
    if (senders.length === 1) return Number.POSITIVE_INFINITY;
    let second = 0;
    for (const sender of senders) if (sender !== greatest) second = Math.max(second, sender.bytes);
    return Math.floor((greatest.bytes - second) / mostCallBytes);
  }

  /** Whose rows take the most; of equals the one that came first. */
  #greatest(): PrincipalRows {
    const senders = this.#senders;
    let greatest = senders[0] as PrincipalRows;
    for (let i = 1; i < senders.length; i++) {
      const sender = senders[i] as PrincipalRows;
      if (sender.bytes > greatest.bytes) greatest = sender;
    }
    return greatest;
  }

  #dropMetric(sender: PrincipalRows): void {
    const bytes = sender.metrics.oldestBytes;
    sender.metrics.dropOldest();
    this.#metricDepth--;
    this.#bytes -= bytes;
    sender.bytes -= bytes;
  }

  #shed(
    type: "llm_usage" | "custom_metric",
    principal: Principal | null,
    channel: string,
    atMs: number,
    rows = 1,
  ): void {
    this.#counters.shed[type].queue_full += rows;
    principal?.countShed("queue_full", channel, atMs, rows);
  }
}

const usageLength = ({ usage }: PrincipalRows): number => usage.length;
const metricsLength = ({ metrics }: PrincipalRows): number => metrics.length;

function asciiLine(row: LlmUsage): string {
  const hex = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return encode(row).replace(/[^\n -~]/g, hex);
}

/**
 * An estimate that costs nothing and errs upwards: two bytes for each UTF-16 unit, though most
 * strings take one.
 */
export function bytesOf(rows: number, units: number): number {
  return rows * rowOverheadBytes + 2 * units;
}
