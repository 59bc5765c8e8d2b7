import type { Message } from "@kissbot/protocol";
import type { CustomMetricTable, LlmUsageTable } from "@kissbot/store";
import type { Principal } from "../principals/principal.js";
import type { BotProbeResult } from "../registry/probe-result.js";
import type { EndedConnection } from "./ended-connection.js";
import { EndedLane } from "./ended-lane.js";
import type { LivenessDrain } from "./liveness-drain.js";
import { LivenessLane } from "./liveness-lane.js";
import { MessageCounters } from "./message-counters.js";
import type { MessageType, QueueCounters, RefusalReason } from "./queue-counters.js";
import type { RowType } from "./row-kind.js";
import { RowLane, type RowRoom } from "./row-lane.js";
import { SampleLane } from "./sample-lane.js";

export interface QueueOptions {
  /** `llm_usage` and `custom_metric` that wait, together. */
  readonly maxRows: number;
  /** What those rows take, as estimated from their strings; 64 MiB. */
  readonly maxRowBytes?: number;
  /**
   * The (channel, pid) whose registers, heartbeats and unregisters wait, and the bots whose samples
   * do.
   */
  readonly maxBots: number;
  /** Whether the fleet has a bot of this channel: then one process of it may always wait. */
  readonly isKnown?: (channel: string) => boolean;
}

/**
 * Holds messages between the sockets and the worker. An `offer` method never waits and never fails,
 * whatever the worker and the store do. Every lane is bounded, so messages that come faster than
 * the worker takes them are shed:
 *
 * | lane | what waits | bound | what is shed, and why |
 * | --- | --- | --- | --- |
 * | liveness | one register, heartbeat and unregister per (channel, pid) | 16 pids of a channel; `maxBots` of those pairs, and one more for each channel of the fleet; the same of a principal, by its `maxBots` | the older one of a kind (`coalesced`); a new message past the bound of pids (`too_many_pids`) or pairs (`fleet_full`, of a principal `over_quota`) |
 * | rows | every `llm_usage` and `custom_metric` | `maxRows`, `maxRowBytes` | of the principal whose rows take the most: the oldest `custom_metric`; if there is none, the oldest `llm_usage` (`queue_full`) |
 * | samples | the latest sample of each bot | `maxBots` | the older one, or a new one past the bound. Not counted |
 * | ends | the end of a connection, for each (channel, pid) heard over it | `maxBots` | a new one past the bound. Not counted |
 *
 * The lanes do not wait for one another. The worker always drains liveness, and drains rows only
 * while the writer has room. So a stalled store sheds rows but makes no bot look silent, and a
 * flood of rows sheds no register and no unregister.
 *
 * Invariant: for each type `received = processed + waiting + shed`, also while a callback runs. A
 * message counts as processed from the moment it is handed over.
 */
export class MessageQueue {
  /**
   * Called when something waits in a lane in which nothing waited before; then not again for that
   * lane until a drain has emptied it. It is called by whoever offers, a socket's handler: it may
   * schedule work and must not do any.
   */
  onReady: () => void = () => {};
  readonly #counters = new MessageCounters();
  readonly #liveness: LivenessLane;
  readonly #rows: RowLane;
  readonly #samples: SampleLane;
  readonly #ends: EndedLane;

  constructor({ maxRows, maxRowBytes = 64 * 1_048_576, maxBots, isKnown = () => false }: QueueOptions) {
    this.#liveness = new LivenessLane(this.#counters, maxBots, isKnown);
    this.#rows = new RowLane(this.#counters, maxRows, maxRowBytes);
    this.#samples = new SampleLane(maxBots);
    this.#ends = new EndedLane(maxBots);
  }

  get counters(): QueueCounters {
    return this.#counters;
  }

  /** Messages that wait; samples do not count. */
  get depth(): number {
    return this.#liveness.depth + this.#rows.depth;
  }

  get livenessDepth(): number {
    return this.#liveness.depth;
  }

  get usageDepth(): number {
    return this.#rows.depthOf("llm_usage");
  }

  get metricDepth(): number {
    return this.#rows.depthOf("custom_metric");
  }

  /** What waits of `llm_usage` and `custom_metric`, and may wait. */
  get rowRoom(): RowRoom {
    return this.#rows.room;
  }

  /**
   * `connection`: the number of its connection; 0 if that means nothing. `principal`: who sent it;
   * null where nobody asks.
   */
  offerMessage(
    message: Message,
    receivedAtMs: number,
    connection = 0,
    principal: Principal | null = null,
  ): void {
    const { type } = message;
    if (type === "llm_usage" || type === "custom_metric") {
      const before = this.#rows.depthOf(type);
      this.#rows.offerRow(type, message, receivedAtMs, principal);
      if (before === 0 && this.#rows.depthOf(type) > 0) this.onReady();
    } else {
      const before = this.#liveness.depth;
      this.#liveness.offerLiveness(message, receivedAtMs, connection, principal);
      if (before === 0 && this.#liveness.depth > 0) this.onReady();
    }
  }

  /**
   * Whether so many rows wait that those of this type had better come as lines: most will be shed.
   * Where it is so for `llm_usage`, it is for `custom_metric` too.
   */
  isCrowded(type: RowType): boolean {
    return this.#rows.isCrowded(type);
  }

  /**
   * Rows of one type as whole lines in ASCII, each of which `endOfUsageLine` or `endOfMetricLine`
   * has recognised. They are decoded when they are drained.
   */
  offerRowLines(
    type: RowType,
    text: string,
    lines: number,
    receivedAtMs: number,
    principal: Principal | null = null,
  ): void {
    const before = this.#rows.depthOf(type);
    this.#rows.offerLines(type, text, lines, receivedAtMs, principal);
    if (before === 0 && this.#rows.depthOf(type) > 0) this.onReady();
  }

  /** Counts a message that is shed before it could wait. */
  refuseMessage(type: MessageType, reason: RefusalReason): void {
    this.#counters.received[type]++;
    this.#counters.countRefused(type, reason);
  }

  /** A connection ended: to be heard of after every line that was offered before. */
  offerEnded(ended: EndedConnection): void {
    const before = this.#ends.depth;
    this.#ends.offerEnded(ended, this.#liveness.newestOrder);
    if (before === 0 && this.#ends.depth > 0) this.onReady();
  }

  offerSample(sample: BotProbeResult): void {
    const before = this.#samples.depth;
    this.#samples.offerSample(sample);
    if (before === 0 && this.#samples.depth > 0) this.onReady();
  }

  /**
   * Takes up to `limit` in order; `on` says whether the message was processed or finds no place in
   * the fleet. Returns how many were taken.
   */
  drainLiveness(limit: number, on: LivenessDrain): number {
    return this.#liveness.drainLiveness(limit, on);
  }

  /** Takes up to `limit` ends before which no line waits any more. Returns how many were taken. */
  drainEnded(limit: number, on: (ended: EndedConnection) => void): number {
    return this.#ends.drainEnded(limit, this.#liveness.oldestOrder, on);
  }

  /**
   * Takes up to `limit` rows, of each principal the oldest first: `on` is told where some of them
   * stand, and may read them until it returns. Returns how many were taken. The two types have a
   * drain each, as the store may have room for one of them only.
   */
  drainUsage(limit: number, on: (rows: LlmUsageTable, from: number, to: number) => void): number {
    return this.#rows.drainRows("llm_usage", limit, on);
  }

  drainMetrics(limit: number, on: (rows: CustomMetricTable, from: number, to: number) => void): number {
    return this.#rows.drainRows("custom_metric", limit, on);
  }

  drainSamples(limit: number, on: (sample: BotProbeResult) => void): number {
    return this.#samples.drainSamples(limit, on);
  }
}
