import {
  type BatchId,
  type BotMetric,
  CustomMetricTable,
  LlmUsageTable,
  type PriceRecord,
  type Store,
  type StoreError,
} from "@kissbot/store";
import type { Logger } from "../logger.js";
import type { Bot, BotStatus } from "../registry/bot.js";
import { recordedLagMs } from "../registry/restoration.js";
import type { Transition } from "../registry/transition.js";
import { within } from "../within.js";
import { batchEpoch } from "./batch-epoch.js";
import { BatchLane } from "./batch-lane.js";
import { type BatchRows, tableOf } from "./batch-rows.js";
import { EarliestTimer } from "./earliest-timer.js";
import { PendingState } from "./pending-state.js";
import { RowGathering } from "./row-gathering.js";
import { RowTally } from "./row-tally.js";
import { SampleGathering } from "./sample-gathering.js";

export interface StoreWriterOptions {
  /** Null while no store is open, or while its fleet is not restored yet. */
  readonly store: () => Store | null;
  readonly logger: Logger;
  /**
   * The prices behind the costs of these rows. Each batch carries those of its own rows: batches
   * commit in any order, and no row may be stored before its price.
   */
  readonly pricesOf?: (rows: LlmUsageTable) => readonly PriceRecord[];
  /** A write failed. The writer tries it again. */
  readonly onFailed: (error: StoreError) => void;
  /** The monitor's name in its database. */
  readonly producer: string;
  /** Unix milliseconds. With the name and a random part it tells this run's batches apart. */
  readonly startedAtMs: number;
}

/**
 * How long a row may wait for others to share its batch. A `kill -9` loses this and the commit
 * after it: the last 200 ms, or more if a flood makes commits long.
 */
const gatherMs = 100;
/** How long a bot's record may wait if more changed than the time of its last heartbeat. */
const recordMs = 1_000;
/**
 * How long it may wait if the bot only beat again. Long, since a commit writes whole pages (`pnpm
 * bench idle`).
 */
const heardMs = recordedLagMs - 1_000;
/**
 * Samples leave when one bot has this many, or after five minutes. In their index each bot has a
 * page of its own, so the rarer they leave, the fewer pages are written.
 */
const sampleRounds = 20;
const sampleMs = 300_000;
/**
 * Large enough for SQLite's speed, small enough that packing one holds the event loop for a
 * millisecond or two.
 */
const batchRows = 2_500;
const batchBots = 1_000;
/**
 * Batches of rows that may be under way at once. The store commits together all that it has
 * received, so more of them mean fewer page writes.
 */
const rowFlights = 8;

/**
 * Gathers rows into batches and stores each batch exactly once. Three lanes, so that none waits for
 * another:
 *
 * | lane | what | under way at once | while the store takes nothing |
 * | --- | --- | --- | --- |
 * | state | records of bots, and changes of status in order | 1 batch | keeps the newest record of each bot, 100 000 changes, and 100 000 channels to be forgotten; then the oldest changes are lost, and the channels that leave last |
 * | usage | LLM calls | 8 batches | `usageRoom` becomes 0: calls wait, and are shed, in the queue |
 * | metrics | samples and custom metrics, which a store near a full disk refuses | 8 batches | keeps the newest samples, 20 per bot and 25 000 altogether; `metricRoom` becomes 0 |
 *
 * When they leave:
 *
 * - LLM calls and custom metrics: 100 ms after the first, or when there are 2 500 of them.
 * - Changes of status: 100 ms after the first. They take records along.
 * - Records: after 1 s, or after 14 s if their bot only beat again.
 * - Samples: when one bot has 20, or after five minutes; earlier with records that have changed.
 */
export class StoreWriter {
  /** Called when `usageRoom` or `metricRoom` rises from 0. */
  onRoom: () => void = () => {};
  readonly committedRows: Readonly<Record<string, number>>;
  /** Rows that will never be stored: refused as invalid, past a bound, or left over at the stop. */
  readonly lostRows: Readonly<Record<string, number>>;
  readonly #tally = new RowTally();
  readonly #store: () => Store | null;
  readonly #logger: Logger;
  readonly #pricesOf: (rows: LlmUsageTable) => readonly PriceRecord[];
  /** What the ids of this run's batches share. */
  readonly #run: Omit<BatchId, "seq">;
  readonly #state: BatchLane;
  readonly #usage: BatchLane;
  readonly #metrics: BatchLane;
  readonly #pending = new PendingState();
  readonly #usageRows = new RowGathering(LlmUsageTable, batchRows, rowFlights);
  readonly #customRows = new RowGathering(CustomMetricTable, batchRows, rowFlights);
  readonly #samples = new SampleGathering(sampleRounds, 10 * batchRows);
  readonly #rowTimer = new EarliestTimer(() => this.#flushRows());
  readonly #heardTimer = new EarliestTimer(() => this.#flushRecords(false));
  readonly #recordTimer = new EarliestTimer(() => this.#flushRecords(true));
  readonly #timers = [this.#rowTimer, this.#heardTimer, this.#recordTimer];
  // What the `#fill` methods take even if it fills no batch. Set during a flush; `finish` leaves
  // all three set.
  #rowsDue = false;
  #recordsDue = false;
  #samplesDue = false;
  /** Records that were due did not all fit into one batch. The next batches take the rest. */
  #recordsLeft = false;
  #seq = 0;
  /** Bots that left while there was no room to remember it. */
  #unforgotten = 0;
  #markOffline = false;
  #finishing = false;
  /** Lets `finish` go on after it waited for the store. */
  #onWake: () => void = () => {};

  constructor({ store, logger, onFailed, startedAtMs, producer, pricesOf }: StoreWriterOptions) {
    this.#store = store;
    this.#logger = logger;
    this.#pricesOf = pricesOf ?? (() => []);
    this.#run = { producer, epoch: batchEpoch("rows", startedAtMs) };
    this.committedRows = this.#tally.committed;
    this.lostRows = this.#tally.lost;
    const lane = (maxFlights: number, fill: () => BatchRows | null) =>
      new BatchLane({
        maxFlights,
        store,
        nextId: () => this.#nextId(),
        fill: () => this.#tally.depart(fill()),
        onCommitted: (rows) => this.#settled(rows, "committed"),
        onRefused: (rows, error) => {
          this.#logger.error({ err: error }, "the database refused a row as invalid; the row is lost");
          this.#settled(rows, "lost");
        },
        onFailed,
      });
    this.#state = lane(1, () => this.#fillState());
    this.#usage = lane(rowFlights, () => this.#fillUsage());
    this.#metrics = lane(rowFlights, () => this.#fillMetrics());
  }

  /** How many rows `addUsage` takes now. */
  get usageRoom(): number {
    return this.#usageRows.room;
  }

  get metricRoom(): number {
    return this.#customRows.room;
  }

  /**
   * Rows that were added and are not committed yet. Records of bots do not count, as a newer one
   * replaces an older one. Samples count once they are due.
   */
  get pendingRows(): number {
    const rows = this.#usageRows.length + this.#customRows.length + this.#samples.overdue;
    return this.#tally.inFlight + this.#pending.transitions + rows;
  }

  /** Takes the rows `from` to `to` (not included) of a table; at most `usageRoom`. */
  addUsage(rows: LlmUsageTable, from: number, to: number): void {
    this.#usageRows.addRows(rows, from, to);
    if (this.#usageRows.room === 0) this.#usage.sendBatches();
    this.#rowTimer.arm(gatherMs);
  }

  /** The same of custom metrics; at most `metricRoom`. */
  addCustomMetrics(rows: CustomMetricTable, from: number, to: number): void {
    this.#customRows.addRows(rows, from, to);
    if (this.#customRows.room === 0) this.#metrics.sendBatches();
    this.#rowTimer.arm(gatherMs);
  }

  addSample(row: BotMetric): void {
    const isDue = this.#samples.addSample(row) || this.#samples.length >= batchRows;
    this.#recordTimer.arm(isDue ? recordMs : sampleMs);
  }

  addTransition(transition: Transition): void {
    const lost = this.#pending.addTransition(transition);
    if (lost > 0) {
      this.#tally.lose(tableOf.statusChanges, lost);
      this.#logger.warn(
        { lost },
        "changes of status are lost: the database could not be written for too long",
      );
    }
    this.#rowTimer.arm(gatherMs);
  }

  markBot(bot: Bot): void {
    const change = this.#pending.markBot(bot);
    if (change === "state") this.#recordTimer.arm(recordMs);
    else if (change === "last_seen") this.#heardTimer.arm(heardMs);
  }

  /** A fresh database file knows nothing of this bot: its record is due, changed or not. */
  remarkBot(bot: Bot): void {
    this.#pending.remark(bot);
    this.#recordTimer.arm(recordMs);
  }

  /** The bot has left the fleet. The store forgets it too, with the next records. */
  forgetBot(bot: Bot): void {
    if (!this.#pending.forgetBot(bot)) {
      this.#tally.lose(tableOf.bots, 1);
      if (this.#unforgotten++ % 10_000 === 0)
        this.#logger.warn(
          { lost: this.#unforgotten },
          "bots that left may come back with the next start: the database could not be written for too long",
        );
    }
    this.#recordTimer.arm(recordMs);
  }

  /** Sends the samples that wait. Resolves when they and all sent before are stored. */
  samplesStored(): Promise<void> {
    if (this.#samples.length > 0) this.#flushRecords(true);
    return this.#metrics.landed();
  }

  /** Sends the LLM calls that wait. Resolves when all are stored; add none until then. */
  async usageStored(): Promise<void> {
    do {
      this.#flushRows();
      await this.#usage.landed();
    } while (this.#usageRows.length > 0 && this.#store() !== null);
  }

  /**
   * Sends the records that wait. Resolves when they are stored, to true if the store has forgotten
   * every bot that `forgetBot` named. Without an open store nothing is sent.
   */
  async recordsStored(): Promise<boolean> {
    // Twice: while a batch is under way, the first round can only wait for it.
    for (let round = 0; round < 2; round++) {
      this.#flushRecords(false);
      await this.#state.landed();
    }
    return !this.#pending.hasForgotten;
  }

  /** `recorded`: the status of each bot in a store that opened late (see `PendingState`). */
  amendGreetings(recorded: ReadonlyMap<string, BotStatus>): void {
    this.#pending.amendGreetings(recorded);
  }

  /** Whether the store has yet to forget this channel. */
  isForgotten(channel: string): boolean {
    return this.#pending.isForgotten(channel);
  }

  /** The store is open again, or takes rows again. */
  wake(): void {
    for (const lane of this.#lanes) lane.wake();
    this.#flushRows();
    this.#flushRecords(true);
    this.#onWake();
  }

  /**
   * Sends everything; the last batch has `markOldStatusOffline`. Resolves when all is stored, to 0,
   * or after `timeoutMs`, to the number of rows that are lost.
   */
  async finish(timeoutMs: number): Promise<number> {
    for (const timer of this.#timers) timer.clear();
    this.#markOffline = true;
    this.#finishing = true;
    this.#rowsDue = true;
    this.#recordsDue = true;
    this.#samplesDue = true;
    await within(this.#allStored(), timeoutMs);
    const lost = this.pendingRows;
    for (const lane of this.#lanes) lane.abandon((rows) => this.#settled(rows, "lost"));
    return lost;
  }

  /** Drops what waits; for a monitor whose start failed. */
  discard(): void {
    for (const timer of this.#timers) timer.clear();
    for (const lane of this.#lanes) lane.abandon((rows) => this.#settled(rows, "lost"));
    this.#pending.clear();
  }

  async #allStored(): Promise<void> {
    for (;;) {
      for (const lane of this.#lanes) lane.sendBatches();
      await Promise.all(this.#lanes.map((lane) => lane.landed()));
      if (this.#lanes.some((lane) => !lane.isEmpty)) continue;
      if (!this.#rowsWait && this.#pending.records + this.#samples.length === 0) return;
      await new Promise<void>((resolve) => {
        this.#onWake = resolve;
      });
    }
  }

  get #lanes(): readonly BatchLane[] {
    return [this.#state, this.#usage, this.#metrics];
  }

  #flushRows(): void {
    this.#rowTimer.clear();
    this.#rowsDue = true;
    for (const lane of this.#lanes) lane.sendBatches();
    this.#rowsDue = this.#finishing;
    // A full lane left some: they go with the next flush.
    if (this.#rowsWait && !this.#finishing) this.#rowTimer.arm(gatherMs);
  }

  #flushRecords(withSamples: boolean): void {
    this.#heardTimer.clear();
    if (withSamples) this.#recordTimer.clear();
    this.#recordsDue = true;
    this.#samplesDue ||= withSamples;
    for (const lane of this.#lanes) lane.sendBatches();
    if (withSamples) this.#samples.fallDue();
    this.#recordsDue = this.#finishing;
    this.#samplesDue = this.#finishing;
    if (this.#finishing) return;
    // A full lane left some: they go with the next flush.
    if (this.#pending.records > 0) this.#heardTimer.arm(recordMs);
    if (withSamples && this.#samples.length > 0) this.#recordTimer.arm(recordMs);
  }

  get #rowsWait(): boolean {
    return this.#pending.transitions > 0 || this.#usageRows.length > 0 || this.#customRows.length > 0;
  }

  #nextId(): BatchId {
    this.#seq += 1;
    return { ...this.#run, seq: this.#seq };
  }

  /** Takes nothing before a store is open: `amendGreetings` may still change what waits. */
  #fillState(): BatchRows | null {
    if (this.#store() === null) return null;
    const pending = this.#pending;
    const due = this.#recordsDue || this.#recordsLeft || (this.#rowsDue && pending.transitions > 0);
    if (!due && pending.changedBots < batchBots) return null;
    const rows = pending.takeStateRows(batchBots, batchRows);
    this.#recordsLeft = (this.#recordsDue || this.#recordsLeft) && pending.bots > 0;
    const last = this.#markOffline && pending.bots === 0 && pending.transitions === 0;
    const isEmpty = rows.bots.length + rows.statusChanges.length === 0 && rows.forgotten === undefined;
    if (!last) return isEmpty ? null : rows;
    this.#markOffline = false;
    return { ...rows, markOldStatusOffline: true };
  }

  #fillUsage(): BatchRows | null {
    const full = this.#usageRows.room === 0;
    const llmUsage = this.#rowsDue || full ? this.#usageRows.takeTable() : null;
    if (full) this.onRoom();
    if (llmUsage === null) return null;
    const prices = this.#pricesOf(llmUsage);
    return prices.length === 0 ? { llmUsage } : { llmUsage, prices };
  }

  #fillMetrics(): BatchRows | null {
    const full = this.#customRows.room === 0;
    const due = this.#samplesDue || (this.#rowsDue && this.#customRows.length > 0);
    if (!(due || full) || this.#customRows.length + this.#samples.length === 0) return null;
    const botMetrics = this.#samplesDue ? this.#samples.takeSamples(batchRows) : [];
    const customMetrics = this.#customRows.takeTable();
    if (full) this.onRoom();
    return customMetrics === null ? { botMetrics } : { botMetrics, customMetrics };
  }

  #settled(rows: BatchRows, into: "committed" | "lost"): void {
    this.#tally.settle(rows, into);
    this.#usageRows.giveBack(rows.llmUsage);
    this.#customRows.giveBack(rows.customMetrics);
  }
}
