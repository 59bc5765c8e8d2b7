import type { Message } from "@kissbot/protocol";
import type { MessageType, ShedReason } from "../../src/queue/queue-counters.js";
import { bytesOf as bytesOfUnits } from "../../src/queue/row-lane.js";
import type { BotProbeResult } from "../../src/registry/probe-result.js";

interface Entry {
  message: Message;
  atMs: number;
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

  constructor(
    readonly maxRows: number,
    readonly maxRowBytes: number,
    readonly maxBots: number,
  ) {}

  offer(message: Message, atMs: number): void {
    const { type } = message;
    this.received[type] = (this.received[type] ?? 0) + 1;
    if (type === "llm_usage" || type === "custom_metric") this.#offerRow({ message, atMs });
    else this.#offerLiveness({ message, atMs });
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

  drainRows(limit: number): Entry[] {
    const ordered = [...this.#rowsOf("llm_usage"), ...this.#rowsOf("custom_metric")].slice(0, limit);
    this.rows = this.rows.filter((entry) => !ordered.includes(entry));
    for (const { message } of ordered) this.processed[message.type] = (this.processed[message.type] ?? 0) + 1;
    return ordered;
  }

  drainSamples(limit: number): BotProbeResult[] {
    return this.samples.splice(0, limit);
  }

  #rowsOf(type: MessageType): Entry[] {
    return this.rows.filter(({ message }) => message.type === type);
  }

  #offerRow(entry: Entry): void {
    const { type } = entry.message;
    const wasEmpty = this.#rowsOf(type).length === 0;
    if (bytesOf(entry) > this.maxRowBytes) {
      this.#shed(entry.message.type, "queue_full");
      return;
    }
    this.rows.push(entry);
    while (
      this.rows.length > this.maxRows ||
      this.rows.reduce((sum, row) => sum + bytesOf(row), 0) > this.maxRowBytes
    ) {
      const victim = this.#rowsOf("custom_metric")[0] ?? this.#rowsOf("llm_usage")[0];
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

function bytesOf({ message }: Entry): number {
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
