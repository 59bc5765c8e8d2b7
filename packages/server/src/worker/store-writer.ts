import type {
  BatchId,
  BotMetric,
  CustomMetric,
  LlmUsageTable,
  PriceRecord,
  Store,
  StoreError,
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
import { RowTally } from "./row-tally.js";
import { SampleGathering } from "./sample-gathering.js";
import { UsageGathering } from "./usage-gathering.js";

export interface StoreWriterOptions {
  /** Null while no store is open, or while its fleet is not restored yet. */
  readonly store: () => Store | null;
  readonly logger: Logger;
  /**
   * Prices by which rows were priced: each batch carries those of its own rows, so that none is
   * stored without them, in whatever order batches are committed.
   */
  readonly pricesOf?: (rows: LlmUsageTable) => readonly PriceRecord[];
  /** A write failed; it is tried again. */
  readonly onFailed: (error: StoreError) => void;
  /**
   * The monitor's name, which its batches carry, and Unix milliseconds at its start: with a random
   * part they name this life of it.
   */
  readonly producer: string;
  readonly startedAtMs: number;
}

/**
 * How long a row may wait for company. With the commit after it, a `kill -9` loses less than the
 * last 200 ms, unless a flood makes commits long.
 */
const gatherMs = 100;
/**
 * How long a bot's record may wait of which something changed beside the time of its last
 * heartbeat.
 */
const recordMs = 1_000;
/**
 * How long the time of a last heartbeat may wait: each commit writes whole pages (`pnpm bench
 * idle`).
 */
const heardMs = recordedLagMs - 1_000;
/**
 * Samples leave when a bot has so many, or after five minutes: each bot has a page in their index,
 * written anew each time.
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
 * As many rows wait for the store's next commit as it takes in one: the more, the fewer pages each
 * writes.
 */
const rowFlights = 8;

/**
 * Gathers rows into batches and sees each into the store once. Three lanes, so that none waits for
 * another:
 *
 * | lane | what | under way at once | while the store takes nothing |
 * | --- | --- | --- | --- |
 * | state | bots and changes of status, in order | 1 batch | one record per bot, the newest; 100 000 changes, then the oldest go |
 * | usage | LLM calls | 8 | `usageRoom` becomes 0: they wait, and are shed, in the queue |
 * | metrics | samples and custom metrics, which a store near a full disk refuses | 8 | 20 samples per bot, 25 000 altogether, the newest; `metricRoom` becomes 0 |
 *
 * Rows leave when there are 2 500 of them or 100 ms after the first; a record after a second, or 14
 * where its bot was only heard again; a sample with 19 more of its bot, or after five minutes. What
 * is due takes the rest along, except that hearing takes no samples.
 */
export class StoreWriter {
  /** Called when `usageRoom` or `metricRoom` was 0 and is not any more. */
  onRoom: () => void = () => {};
  readonly committedRows: Readonly<Record<string, number>>;
  /**
   * Rows that were taken and will never be stored: refused as invalid, past a bound, or left over
   * at the stop.
   */
  readonly lostRows: Readonly<Record<string, number>>;
  readonly #tally = new RowTally();
  readonly #store: () => Store | null;
  readonly #logger: Logger;
  readonly #pricesOf: (rows: LlmUsageTable) => readonly PriceRecord[];
  readonly #life: Omit<BatchId, "seq">;
  readonly #state: BatchLane;
  readonly #usage: BatchLane;
  readonly #metrics: BatchLane;
  readonly #pending = new PendingState();
  readonly #usageRows = new UsageGathering(batchRows, rowFlights);
  #customRows: CustomMetric[] = [];
  readonly #samples = new SampleGathering(sampleRounds, 10 * batchRows);
  readonly #timer = new EarliestTimer(() => this.#flush());
  readonly #heardTimer = new EarliestTimer(() => this.#flushRest(false));
  readonly #restTimer = new EarliestTimer(() => this.#flushRest(true));
  readonly #timers = [this.#timer, this.#heardTimer, this.#restTimer];
  /**
   * The rows that wait are due, whether they fill a batch or not; with the others, so are records
   * or samples.
   */
  #due = false;
  #recordsDue = false;
  #samplesDue = false;
  /** Of the records that were due together, some are left for the next batches. */
  #draining = false;
  #seq = 0;
  #markOffline = false;
  #finishing = false;
  #onWake: () => void = () => {};

  constructor({ store, logger, onFailed, startedAtMs, producer, pricesOf }: StoreWriterOptions) {
    this.#store = store;
    this.#logger = logger;
    this.#pricesOf = pricesOf ?? (() => []);
    this.#life = { producer, epoch: batchEpoch("rows", startedAtMs) };
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

  /** How many usage rows would be taken now. */
  get usageRoom(): number {
    return this.#usageRows.room;
  }

  get metricRoom(): number {
    return batchRows - this.#customRows.length;
  }

  /**
   * Rows taken and not yet committed; the records of bots, which replace one another, do not count,
   * nor do samples before they are due.
   */
  get pendingRows(): number {
    const rows = this.#usageRows.length + this.#customRows.length + this.#samples.overdue;
    return this.#tally.inFlight + this.#pending.transitions + rows;
  }

  /** Takes rows of a table, `to` not included; at most `usageRoom`. */
  addUsage(rows: LlmUsageTable, from: number, to: number): void {
    this.#usageRows.addUsageRows(rows, from, to);
    if (this.#usageRows.room === 0) this.#usage.sendBatches();
    this.#timer.arm(gatherMs);
  }

  addCustomMetric(row: CustomMetric): void {
    this.#customRows.push(row);
    if (this.#customRows.length >= batchRows) this.#metrics.sendBatches();
    this.#timer.arm(gatherMs);
  }

  addSample(row: BotMetric): void {
    const isDue = this.#samples.addSample(row) || this.#samples.length >= batchRows;
    this.#restTimer.arm(isDue ? recordMs : sampleMs);
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
    this.#timer.arm(gatherMs);
  }

  markBot(bot: Bot): void {
    const change = this.#pending.markBot(bot);
    if (change === "state") this.#restTimer.arm(recordMs);
    else if (change === "last_seen") this.#heardTimer.arm(heardMs);
  }

  /** Another file stands in the place of the one that knew this bot. */
  remarkBot(bot: Bot): void {
    this.#pending.remark(bot);
    this.#restTimer.arm(recordMs);
  }

  /** The bot is no longer one of the fleet: the store forgets it too, with the next records. */
  forgetBot(bot: Bot): void {
    this.#pending.forgetBot(bot);
    this.#restTimer.arm(recordMs);
  }

  /**
   * Sends the samples that wait; resolves when they, and those that were on their way, are stored.
   */
  samplesStored(): Promise<void> {
    if (this.#samples.length > 0) this.#flushRest(true);
    return this.#metrics.landed();
  }

  /**
   * Sends the usage rows that wait; resolves when all that were taken are stored, where no more are
   * added meanwhile.
   */
  async usageStored(): Promise<void> {
    do {
      this.#flush();
      await this.#usage.landed();
    } while (this.#usageRows.length > 0 && this.#store() !== null);
  }

  /**
   * Sends the records that wait. Resolves when those that were on their way are stored, with
   * whether the store knows of every bot that was forgotten; where no store is open, at once.
   */
  async recordsStored(): Promise<boolean> {
    // What a batch under way left behind goes with the next one.
    for (let round = 0; round < 2; round++) {
      this.#flushRest(false);
      await this.#state.landed();
    }
    return !this.#pending.hasForgotten;
  }

  /** A store that opened late tells the status in which it knew each bot (see `PendingState`). */
  amendGreetings(recorded: ReadonlyMap<string, BotStatus>): void {
    this.#pending.amendGreetings(recorded);
  }

  isForgotten(channel: string): boolean {
    return this.#pending.isForgotten(channel);
  }

  /** The store is open again, or takes rows again. */
  wake(): void {
    for (const lane of this.#lanes) lane.wake();
    this.#flush();
    this.#flushRest(true);
    this.#onWake();
  }

  /**
   * Sends everything, with the mark of a monitor that stops. Resolves when it is stored, with 0, or
   * after `timeoutMs` with how many rows are not.
   */
  async finish(timeoutMs: number): Promise<number> {
    for (const timer of this.#timers) timer.clear();
    this.#markOffline = true;
    this.#finishing = true;
    this.#due = true;
    [this.#recordsDue, this.#samplesDue] = [true, true];
    await within(this.#allStored(), timeoutMs);
    const lost = this.pendingRows;
    for (const lane of this.#lanes) lane.abandon((rows) => this.#settled(rows, "lost"));
    return lost;
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

  /** Forgets everything: for a monitor that did not get as far as to run. */
  discard(): void {
    for (const timer of this.#timers) timer.clear();
    for (const lane of this.#lanes) lane.abandon((rows) => this.#settled(rows, "lost"));
    this.#pending.clear();
  }

  get #lanes(): readonly BatchLane[] {
    return [this.#state, this.#usage, this.#metrics];
  }

  #flush(): void {
    this.#timer.clear();
    this.#due = true;
    for (const lane of this.#lanes) lane.sendBatches();
    this.#due = this.#finishing;
    if (this.#rowsWait && !this.#finishing) this.#timer.arm(gatherMs);
  }

  #flushRest(withSamples: boolean): void {
    this.#heardTimer.clear();
    if (withSamples) this.#restTimer.clear();
    this.#recordsDue = true;
    this.#samplesDue ||= withSamples;
    for (const lane of this.#lanes) lane.sendBatches();
    if (withSamples) this.#samples.fallDue();
    [this.#recordsDue, this.#samplesDue] = [this.#finishing, this.#finishing];
    if (this.#finishing) return;
    if (this.#pending.records > 0) this.#heardTimer.arm(recordMs);
    if (withSamples && this.#samples.length > 0) this.#restTimer.arm(recordMs);
  }

  get #rowsWait(): boolean {
    return this.#pending.transitions > 0 || this.#usageRows.length > 0 || this.#customRows.length > 0;
  }

  #nextId(): BatchId {
    this.#seq += 1;
    return { ...this.#life, seq: this.#seq };
  }

  /**
   * Nothing is taken out while no store is open: what it knows may change what waits
   * (`amendGreetings`).
   */
  #fillState(): BatchRows | null {
    if (this.#store() === null) return null;
    const pending = this.#pending;
    const due = this.#recordsDue || this.#draining || (this.#due && pending.transitions > 0);
    if (!due && pending.changedBots < batchBots) return null;
    const rows = pending.takeStateRows(batchBots, batchRows);
    this.#draining = (this.#recordsDue || this.#draining) && pending.bots > 0;
    const last = this.#markOffline && pending.bots === 0 && pending.transitions === 0;
    const isEmpty = rows.bots.length + rows.statusChanges.length === 0 && rows.forgotten === undefined;
    if (!last) return isEmpty ? null : rows;
    this.#markOffline = false;
    return { ...rows, markOldStatusOffline: true };
  }

  #fillUsage(): BatchRows | null {
    const full = this.#usageRows.room === 0;
    const llmUsage = this.#due || full ? this.#usageRows.takeUsageTable() : null;
    if (full) this.onRoom();
    if (llmUsage === null) return null;
    const prices = this.#pricesOf(llmUsage);
    return prices.length === 0 ? { llmUsage } : { llmUsage, prices };
  }

  #fillMetrics(): BatchRows | null {
    const full = this.#customRows.length >= batchRows;
    const due = this.#samplesDue || (this.#due && this.#customRows.length > 0);
    if (!(due || full) || this.#customRows.length + this.#samples.length === 0) return null;
    const botMetrics = this.#samplesDue ? this.#samples.takeSamples(batchRows) : [];
    const customMetrics = this.#customRows;
    this.#customRows = [];
    if (full) this.onRoom();
    return { botMetrics, customMetrics };
  }

  #settled(rows: BatchRows, into: "committed" | "lost"): void {
    this.#tally.settle(rows, into);
    this.#usageRows.giveBack(rows.llmUsage);
  }
}
