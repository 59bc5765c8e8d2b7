import { encode, type Message } from "@kissbot/protocol";
import type { Principal } from "../principals/principal.js";
import type { MessageCounters } from "./message-counters.js";
import { PrincipalRows } from "./principal-rows.js";
import type { RowMessages, RowTables, RowType } from "./row-kind.js";

/** What a waiting row takes beside its strings: the message, its numbers and its slots. */
const rowOverheadBytes = 200;
/**
 * From so many rows on those that come wait as lines, where that is half of those that may wait or
 * more. With fewer it would save nothing.
 */
const leastCrowd = 8_192;
/** No row takes more: a call has names of 960 characters, each at most 12 in a line in ASCII. */
const mostRowBytes = 16_384;

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
  readonly #depths: Record<RowType, number> = { llm_usage: 0, custom_metric: 0 };
  #bytes = 0;

  constructor(counters: MessageCounters, maxRows: number, maxBytes: number) {
    this.#counters = counters;
    this.#maxRows = maxRows;
    this.#maxBytes = maxBytes;
    this.#crowd = Math.max(leastCrowd, maxRows / 2);
  }

  /**
   * Whether so many rows wait that those of this type that come are likely to be shed: metrics
   * whatever waits, calls where calls do.
   */
  isCrowded(type: RowType): boolean {
    return (type === "llm_usage" ? this.#depths.llm_usage : this.depth) >= this.#crowd;
  }

  get depth(): number {
    return this.#depths.llm_usage + this.#depths.custom_metric;
  }

  depthOf(type: RowType): number {
    return this.#depths[type];
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
  offerLines(
    type: RowType,
    text: string,
    lines: number,
    receivedAtMs: number,
    principal: Principal | null = null,
  ): void {
    const sender = this.#senderOf(principal);
    this.#counters.received[type] += lines;
    this.#add(sender, type, lines, sender.rows[type].pushLines(text, lines, receivedAtMs));
    this.#makeRoom(receivedAtMs);
  }

  offerRow<Type extends RowType>(
    type: Type,
    row: RowMessages[Type],
    receivedAtMs: number,
    principal: Principal | null = null,
  ): void {
    // Between lines, a chunk for a row or two would take more than a hundred lines do.
    if (this.isCrowded(type)) {
      this.offerLines(type, asciiLine(row), 1, receivedAtMs, principal);
      return;
    }
    const sender = this.#senderOf(principal);
    const rows = sender.rows[type];
    this.#counters.received[type]++;
    const units = rows.pushRow(row, receivedAtMs);
    if (bytesOf(1, units) > this.#maxBytes) {
      rows.dropNewest();
      this.#shed(type, principal, row.channel, receivedAtMs);
      return;
    }
    this.#add(sender, type, 1, units);
    this.#makeRoom(receivedAtMs);
  }

  drainRows<Type extends RowType>(
    type: Type,
    limit: number,
    on: (rows: RowTables[Type], from: number, to: number) => void,
  ): number {
    return this.#drainInTurns(type, Math.min(limit, this.#depths[type]), (sender, count) => {
      for (let left = count; left > 0; ) {
        sender.rows[type].takeRows(left, (rows, from, to, units) => {
          left -= to - from;
          this.#add(sender, type, from - to, -units);
          this.#counters.processed[type] += to - from;
          on(rows, from, to);
        });
      }
    });
  }

  /** Gives each sender that has rows an equal share, and what one leaves to the others. */
  #drainInTurns(type: RowType, count: number, take: (sender: PrincipalRows, count: number) => void): number {
    if (count <= 0) return 0;
    const senders = this.#senders;
    if (senders.length === 1) {
      take(senders[0] as PrincipalRows, count);
      return count;
    }
    const first = this.#turn++ % senders.length;
    for (let left = count; left > 0; ) {
      const waiting = senders.filter((sender) => sender.rows[type].length > 0).length;
      const share = Math.ceil(left / waiting);
      for (let i = 0; i < senders.length && left > 0; i++) {
        const sender = senders[(first + i) % senders.length] as PrincipalRows;
        const taken = Math.min(share, sender.rows[type].length, left);
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

  /** Rows wait from now on; or no longer, where both numbers are negative. */
  #add(sender: PrincipalRows, type: RowType, rows: number, units: number): void {
    const bytes = bytesOf(rows, units);
    this.#depths[type] += rows;
    this.#bytes += bytes;
    sender.bytes += bytes;
  }

  #makeRoom(nowMs: number): void {
    while (this.#bytes > this.#maxBytes || this.depth > this.#maxRows) {
      const sender = this.#greatest();
      this.#shedOldest(sender, sender.rows.custom_metric.length > 0 ? "custom_metric" : "llm_usage", nowMs);
    }
  }

  #shedOldest(sender: PrincipalRows, type: RowType, nowMs: number): void {
    const { principal } = sender;
    const rows = sender.rows[type];
    const spare = Math.min(rows.length, this.#spareRows(sender));
    const count = Math.max(1, Math.min(this.depth - this.#maxRows, spare));
    let units = rows.dropOldest(count - 1);
    const channel = principal === null ? "" : rows.oldestChannel;
    units += rows.dropOldest();
    this.#add(sender, type, -count, -units);
    this.#shed(type, principal, channel, nowMs, count);
  }

  /** How many rows of the greatest may go before another one may be the greatest. */
  #spareRows(greatest: PrincipalRows): number {
    const senders = this.#senders;
    if (senders.length === 1) return Number.POSITIVE_INFINITY;
    let second = 0;
    for (const sender of senders) if (sender !== greatest) second = Math.max(second, sender.bytes);
    return Math.floor((greatest.bytes - second) / mostRowBytes);
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

  #shed(type: RowType, principal: Principal | null, channel: string, atMs: number, rows = 1): void {
    this.#counters.shed[type].queue_full += rows;
    principal?.countShed("queue_full", channel, atMs, rows);
  }
}

function asciiLine(row: Message): string {
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
