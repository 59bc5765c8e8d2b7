import type { Message } from "@kissbot/protocol";
import type { MessageType, ShedReason } from "../../src/queue/queue-counters.js";
import { bytesOf as bytesOfUnits } from "../../src/queue/row-lane.js";
import type { BotProbeResult } from "../../src/registry/probe-result.js";

interface Entry {
  message: Message;
  atMs: number;
  /** Who sent it. */
  principal: unknown;
  /** What it takes, if it is a row. */
  bytes: number;
}

/** The queue's rules word by word, on plain arrays and with no thought of speed. */
export class ReferenceQueue {
  readonly received: Record<string, number> = {};
  readonly processed: Record<string, number> = {};
  readonly shed: Record<string, number> = {};
  ready = 0;
  liveness: Entry[] = [];
  rows: Entry[] = [];
  samples: BotProbeResult[] = [];
  /** Who sent rows, in the order of their first one. */
  readonly senders: unknown[] = [];

  constructor(
    readonly maxRows: number,
    readonly maxRowBytes: number,
    readonly maxBots: number,
  ) {}

  offer(message: Message, atMs: number, principal: unknown, bytes?: number): void {
    const { type } = message;
    if ((type === "llm_usage" || type === "custom_metric") && !this.senders.includes(principal))
      this.senders.push(principal);
    this.received[type] = (this.received[type] ?? 0) + 1;
    if (type === "llm_usage" || type === "custom_metric")
      this.#offerRow({ message, atMs, principal, bytes: bytes ?? bytesOf(message) });
    else this.#offerLiveness({ message, atMs, principal, bytes: 0 });
  }

  refuse({ type }: Message, reason: ShedReason): void {
    this.received[type] = (this.received[type] ?? 0) + 1;
    this.#shed(type, reason);
  }

  offerSample(sample: BotProbeResult): void {
    const at = this.samples.findIndex(({ channel }) => channel === sample.channel);
    if (at >= 0) this.samples[at] = sample;
    else if (this.samples.length < this.maxBots && this.samples.push(sample) === 1) this.ready++;
  }

  drainLiveness(limit: number, isFull: (entry: Entry) => boolean): Entry[] {
    const taken = this.liveness.splice(0, limit);
    for (const entry of taken) {
      const { type } = entry.message;
      if (isFull(entry)) this.#shed(type, "fleet_full");
      else this.processed[type] = (this.processed[type] ?? 0) + 1;
    }
    return taken;
  }

  /**
   * Takes up to `limit` rows of one type. `takenAtMs`: which ones were taken, by when they came.
   * Throws if that breaks a rule: of each principal the oldest go first, and nobody who has rows
   * left had a smaller share than another.
   */
  drainRows(type: MessageType, limit: number, takenAtMs: readonly number[]): Entry[] {
    const waiting = this.#rowsOf(type);
    const taken = takenAtMs.map((atMs) => waiting.find((entry) => entry.atMs === atMs) as Entry);
    if (taken.length !== Math.min(limit, waiting.length)) throw new Error(`${taken.length} rows were taken`);
    const counts = this.senders.map((sender) => {
      const own = waiting.filter(({ principal }) => principal === sender);
      const ofSender = taken.filter(({ principal }) => principal === sender);
      for (const [i, entry] of ofSender.entries()) if (entry !== own[i]) throw new Error("not the oldest");
      return { taken: ofSender.length, left: own.length - ofSender.length };
    });
    const most = Math.max(0, ...counts.map((count) => count.taken));
    const least = Math.min(most, ...counts.filter(({ left }) => left > 0).map((count) => count.taken));
    if (most - least > limit / 2 + 1 && least === 0) throw new Error("one principal went without");
    this.rows = this.rows.filter((entry) => !taken.includes(entry));
    for (const { message } of taken) this.processed[message.type] = (this.processed[message.type] ?? 0) + 1;
    return taken;
  }

  drainSamples(limit: number): BotProbeResult[] {
    return this.samples.splice(0, limit);
  }

  /** Whose rows take the most; of equals the one that came first. */
  #greatest(): unknown {
    const bytes = this.senders.map((sender) =>
      this.rows.filter(({ principal }) => principal === sender).reduce((sum, row) => sum + row.bytes, 0),
    );
    return this.senders[bytes.indexOf(Math.max(...bytes))];
  }

  #rowsOf(type: MessageType): Entry[] {
    return this.rows.filter(({ message }) => message.type === type);
  }

  #offerRow(entry: Entry): void {
    const { type } = entry.message;
    const wasEmpty = this.#rowsOf(type).length === 0;
    if (entry.bytes > this.maxRowBytes) {
      this.#shed(entry.message.type, "queue_full");
      return;
    }
    this.rows.push(entry);
    while (
      this.rows.length > this.maxRows ||
      this.rows.reduce((sum, row) => sum + row.bytes, 0) > this.maxRowBytes
    ) {
      const greatest = this.#greatest();
      const ofSender = (row: Entry) => row.principal === greatest;
      const victim = this.#rowsOf("custom_metric").find(ofSender) ?? this.#rowsOf("llm_usage").find(ofSender);
      if (victim === undefined) throw new Error("nothing is over the bound");
      this.rows = this.rows.filter((row) => row !== victim);
      this.#shed(victim.message.type, "queue_full");
    }
    if (wasEmpty && this.#rowsOf(type).length > 0) this.ready++;
  }

  #offerLiveness(entry: Entry): void {
    const { type } = entry.message;
    const key = pairOf(entry);
    const pairs = new Set(this.liveness.map(pairOf));
    if (!pairs.has(key) && pairs.size >= this.maxBots) {
      this.#shed(type, "fleet_full");
      return;
    }
    const at = this.liveness.findIndex((other) => other.message.type === type && pairOf(other) === key);
    if (at < 0) {
      this.liveness.push(entry);
      if (this.liveness.length === 1) this.ready++;
      return;
    }
    this.#shed(type, "coalesced");
    const crosses = this.liveness
      .slice(at + 1)
      .some(({ message }) => message.channel === entry.message.channel && message.type !== "heartbeat");
    if (crosses) {
      this.liveness.splice(at, 1);
      this.liveness.push(entry);
    } else {
      this.liveness[at] = entry;
    }
  }

  #shed(type: MessageType, reason: ShedReason): void {
    this.shed[`${type} ${reason}`] = (this.shed[`${type} ${reason}`] ?? 0) + 1;
  }
}

function pairOf({ message }: Entry): string {
  return `${message.channel} ${"pid" in message ? message.pid : ""}`;
}

function bytesOf(message: Message): number {
  if (message.type !== "llm_usage" && message.type !== "custom_metric") {
    throw new Error(`${message.type} is no row`);
  }
  const { type: _, ...fields } = message;
  const texts = Object.values(fields).filter((value) => typeof value === "string");
  return bytesOfUnits(
    1,
    texts.reduce((units, text) => units + text.length, 0),
  );
}
