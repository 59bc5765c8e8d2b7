import type { Heartbeat, Register, Unregister } from "@kissbot/protocol";
import type { CustomMetricTable, LlmUsageTable } from "@kissbot/store";
import type { Clock } from "../clock.js";
import { ListenerList } from "../listener-list.js";
import type { Logger } from "../logger.js";
import { believableMs } from "../queue/believable-time.js";
import type { EndedConnection } from "../queue/ended-connection.js";
import type { MessageQueue } from "../queue/message-queue.js";
import { tickIntervalMs } from "../registry/attentive-clock.js";
import type { Bot } from "../registry/bot.js";
import type { BotOwner } from "../registry/bot-owner.js";
import type { Outcome } from "../registry/outcome.js";
import type { BotProbeResult } from "../registry/probe-result.js";
import type { Registry } from "../registry/registry.js";
import type { ClientLosses } from "./client-losses.js";
import type { StoreWriter } from "./store-writer.js";
import type { DrainedUsage, UsageListener } from "./usage-listener.js";

export interface WorkerOptions {
  readonly queue: MessageQueue;
  readonly registry: Registry;
  readonly writer: StoreWriter;
  /** Hear of each LLM call, in this order. */
  readonly usageListeners: readonly UsageListener[];
  /** Hears each custom metric, once the writer has it. */
  readonly metricListener?: (channel: string, metric: string, value: number) => void;
  readonly losses: ClientLosses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long one slice may take before sockets, timers and HTTP get their turn. */
const sliceMs = 5;
/** How many messages a step takes from a lane at most. The clock is read between two steps. */
const stepMessages = 64;
/** The same for LLM calls, and for custom metrics. */
const stepRows = 256;

/**
 * Takes messages out of the queue, a slice of about 5 ms at a time. It applies them to the
 * registry, which nothing else does, and hands rows to the store's writer.
 *
 * | state | event: next state |
 * | --- | --- |
 * | idle: the queue holds nothing that can be taken now | the queue's `onReady` or the writer's `onRoom`: due |
 * | due: a slice runs in the event loop's next round | the slice: due again while something is left, else idle |
 * | stopped | none |
 *
 * Registers, heartbeats, goodbyes and samples are always taken. Rows are taken only while the
 * writer has room: if the store takes none, they wait in the queue and hold up nothing else. Every
 * second the registry judges which bots have fallen silent.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #usageReceived: ListenerList<DrainedUsage>;
  #isDue = false;
  #holdsUsage = false;
  #isStopping = false;
  /** Set from `start` to `stop`. */
  #tickTimer: NodeJS.Timeout | undefined;
  #tickedMs = Number.NEGATIVE_INFINITY;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { usageListeners, clock, logger } = options;
    const entries = usageListeners.map((listener) => ({
      listenerName: listener.listenerName,
      hear: (usage: DrainedUsage) => listener.usageReceived(usage),
    }));
    this.#usageReceived = new ListenerList(entries, { event: "usage of a model", clock, logger });
  }

  async start(): Promise<void> {
    const { queue, registry, writer, clock } = this.#options;
    if (this.#tickTimer !== undefined) return;
    queue.onReady = () => this.#schedule();
    writer.onRoom = () => this.#schedule();
    const tick = () => {
      registry.tick();
      this.#tickedMs = clock.monotonicMs();
    };
    this.#tickedMs = clock.monotonicMs();
    this.#tickTimer = setInterval(tick, tickIntervalMs);
    this.#schedule();
  }

  /** When the registry last judged silence, by the monotonic clock. */
  get tickedMs(): number {
    return this.#tickedMs;
  }

  /**
   * Leaves LLM calls in the queue until `releaseUsage`. Resolves when all those that were taken
   * before are stored.
   */
  async holdUsage(): Promise<void> {
    // `stop` empties the queue, so it holds nothing back.
    this.#holdsUsage = !this.#isStopping;
    await this.#options.writer.usageStored();
  }

  releaseUsage(): void {
    this.#holdsUsage = false;
    this.#schedule();
  }

  /**
   * Takes everything that waits and has it stored. Nothing may be offered to the queue any more.
   * After `timeoutMs` the rest is lost; the log says how many rows.
   */
  async stop(timeoutMs = 5_000): Promise<void> {
    const { queue, registry, writer, clock, logger } = this.#options;
    if (this.#tickTimer === undefined) {
      writer.discard();
      return;
    }
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    this.#isStopping = true;
    this.#holdsUsage = false;
    while (queue.depth > 0 && clock.monotonicMs() < deadlineMs) {
      this.#schedule();
      await new Promise((resolve) => setImmediate(resolve));
    }
    clearInterval(this.#tickTimer);
    this.#tickTimer = undefined;
    queue.onReady = () => {};
    writer.onRoom = () => {};
    // May still add rows, so it comes before the writer's last batch.
    registry.settle();
    const waiting = queue.depth;
    const lost = waiting + (await writer.finish(Math.max(deadlineMs - clock.monotonicMs(), 500)));
    if (lost > 0)
      logger.error({ rows: lost }, "rows are lost: the database did not accept them before the stop");
  }

  #schedule(): void {
    if (this.#isDue || this.#tickTimer === undefined) return;
    this.#isDue = true;
    setImmediate(this.#runSlice);
  }

  readonly #runSlice = (): void => {
    const { clock } = this.#options;
    this.#isDue = false;
    const untilMs = clock.monotonicMs() + sliceMs;
    do {
      if (this.#runStep() === 0) return;
    } while (clock.monotonicMs() < untilMs);
    this.#schedule();
  };

  /**
   * Takes some messages from each lane, so that a flood in one does not hold up another. Returns
   * how many.
   */
  #runStep(): number {
    const { queue, writer } = this.#options;
    return (
      queue.drainLiveness(stepMessages, this.#onLiveness) +
      queue.drainEnded(stepMessages, this.#onEnded) +
      queue.drainSamples(stepMessages, this.#onSample) +
      queue.drainUsage(this.#holdsUsage ? 0 : Math.min(stepRows, writer.usageRoom), this.#onUsage) +
      queue.drainMetrics(Math.min(stepRows, writer.metricRoom), this.#onMetric)
    );
  }

  readonly #onLiveness = (
    message: Register | Heartbeat | Unregister,
    receivedAtMs: number,
    connection: number,
    principal: BotOwner | null,
  ): "processed" | "fleet_full" | "over_quota" => {
    const tsMs = believableMs(message.ts, receivedAtMs);
    const outcome = this.#applyLiveness(message, tsMs, connection, principal ?? undefined);
    return outcome === "fleet_full" || outcome === "over_quota" ? outcome : "processed";
  };

  #applyLiveness(
    message: Register | Heartbeat | Unregister,
    tsMs: number,
    connection: number,
    owner: BotOwner | undefined,
  ): Outcome {
    const { registry } = this.#options;
    const { channel, pid } = message;
    if (message.type === "unregister") return registry.unregister({ channel, pid, tsMs, connection });
    if (message.type === "heartbeat") return this.#onHeartbeat(message, tsMs, connection, owner);
    const {
      features = {},
      version = null,
      started_at: startedAtMs = null,
      interval_s: intervalS = null,
      trouble = null,
    } = message;
    return registry.register({
      channel,
      pid,
      features,
      version,
      startedAtMs,
      intervalS,
      trouble,
      tsMs,
      connection,
      owner,
    });
  }

  #onHeartbeat(message: Heartbeat, tsMs: number, connection: number, owner: BotOwner | undefined): Outcome {
    const { registry, losses } = this.#options;
    const { channel, pid, rss_mb, cpu_pct, dropped } = message;
    const outcome = registry.heartbeat({
      channel,
      pid,
      startedAtMs: message.started_at ?? null,
      intervalS: message.interval_s ?? null,
      trouble: message.trouble ?? null,
      tsMs,
      rssMb: rss_mb ?? null,
      cpuPct: cpu_pct ?? null,
      dropped: dropped ?? null,
      connection,
      owner,
    });
    if (outcome === "fleet_full" || outcome === "over_quota") return outcome;
    if (dropped !== undefined) losses.countDropped(channel, pid, dropped);
    const bot = outcome === "applied" ? registry.get(channel) : undefined;
    // If a probe measures the process, its samples are stored, and not what the bot measured.
    if (bot?.measuresItself && rss_mb !== undefined && cpu_pct !== undefined) {
      this.#addSample(bot, tsMs, rss_mb, cpu_pct);
    }
    return outcome;
  }

  readonly #onEnded = (ended: EndedConnection): void => {
    this.#options.registry.connectionEnded(ended);
  };

  readonly #onSample = (sample: BotProbeResult): void => {
    const { registry } = this.#options;
    if (registry.observe(sample) !== "applied") return;
    const { channel, atMs, rssMb, cpuPct } = sample;
    const bot = registry.get(channel);
    if (bot === undefined || bot.measuresItself || rssMb === null || cpuPct === null) return;
    this.#addSample(bot, atMs, rssMb, cpuPct);
  };

  /**
   * Bots of one process all have a row with its CPU and memory. `share` is the part that a sum over
   * the fleet counts for each; null for the only bot of a process.
   */
  #addSample({ channel, pid, featuresJson }: Bot, tsMs: number, rssMb: number, cpuPct: number): void {
    const { registry, writer } = this.#options;
    const bots = registry.botsOfProcess(channel);
    const share = bots > 1 ? 1 / bots : null;
    writer.addSample({ tsMs, channel, pid, rssMb, cpuPct, featuresJson, share });
  }

  readonly #onUsage = (rows: LlmUsageTable, from: number, to: number): void => {
    this.#usageReceived.notify({ rows, from, to });
  };

  readonly #onMetric = (rows: CustomMetricTable, from: number, to: number): void => {
    const { writer, metricListener } = this.#options;
    writer.addCustomMetrics(rows, from, to);
    if (metricListener === undefined) return;
    const { channel, metricName, value } = rows.columns;
    for (let row = from; row < to; row++)
      metricListener(channel.at(row) as string, metricName.at(row) as string, value.numberAt(row));
  };
}
