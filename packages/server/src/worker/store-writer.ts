import type { BatchId, BotMetric, CustomMetric, LlmUsageTable, Store, StoreError } from "@kissbot/store";
import type { Logger } from "../logger.js";
import type { Bot, BotStatus } from "../registry/bot.js";
import type { Transition } from "../registry/transition.js";
import { BatchLane } from "./batch-lane.js";
import { type BatchRows, countOf, eachKind, type RowKind, tableOf } from "./batch-rows.js";
import { PendingState } from "./pending-state.js";
import { UsageGathering } from "./usage-gathering.js";

export interface StoreWriterOptions {
  /** Null while no store is open, or while its fleet is not restored yet. */
  readonly store: () => Store | null;
  readonly logger: Logger;
  /** A write failed; it is tried again. */
  readonly onFailed: (error: StoreError) => void;
  /** The monitor's name, which its batches carry, and Unix milliseconds at its start: with a random part they name this life of it. */
  readonly producer: string;
  readonly startedAtMs: number;
}

/** How long a row may wait for company. With the commit after it, a `kill -9` loses less than the last 200 ms, unless a flood makes commits long. */
const gatherMs = 100;
/**
 * How long a bot's record or its sample may wait, of which the newest replaces the one before. A commit that has nothing else in it costs
 * more than its rows: with 10,000 bots that beat every 15 s, ten of them a second were half of what the monitor did.
 */
const restMs = 1_000;
/** Large enough for SQLite's speed, small enough that packing one holds the event loop for a millisecond or two. */
const batchRows = 2_500;
const batchBots = 1_000;
/** As many rows wait for the store's next commit as it takes in one: the more, the fewer pages each writes. */
const rowFlights = 8;

/**
 * Gathers rows into batches and sees each into the store once. Three lanes, so that none waits for another:
 *
 * | lane | what | under way at once | while the store takes nothing |
 * | --- | --- | --- | --- |
 * | state | bots and changes of status, in order | 1 batch | one record per bot, the newest; 100 000 changes, then the oldest go |
 * | usage | LLM calls | 8 | `usageRoom` becomes 0: they wait, and are shed, in the queue |
 * | metrics | samples and custom metrics, which a store near a full disk refuses | 8 | one sample per bot, the newest; `metricRoom` becomes 0 |
 *
 * A lane's rows leave when there are 2 500 of them or 100 ms after the first; records and samples with them, or after a second.
 */
export class StoreWriter {
  /** Called when `usageRoom` or `metricRoom` was 0 and is not any more. */
  onRoom: () => void = () => {};
  readonly committedRows: Record<string, number> = {};
  /** Rows that were taken and will never be stored: refused as invalid, past a bound, or left over at the stop. */
  readonly lostRows: Record<string, number> = {};
  readonly #store: () => Store | null;
  readonly #logger: Logger;
  readonly #life: Omit<BatchId, "seq">;
  readonly #state: BatchLane;
  readonly #usage: BatchLane;
  readonly #metrics: BatchLane;
  readonly #pending = new PendingState();
  readonly #usageRows = new UsageGathering(batchRows, rowFlights);
  #customRows: CustomMetric[] = [];
  readonly #samples = new Map<string, BotMetric>();
  #timer: NodeJS.Timeout | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  /** The rows that wait are due, whether they fill a batch or not; with `#restDue` so are records and samples. */
  #due = false;
  #restDue = false;
  #seq = 0;
  #inFlight = 0;
  #markOffline = false;
  #finishing = false;
  #onWake: () => void = () => {};

  constructor({ store, logger, onFailed, startedAtMs, producer }: StoreWriterOptions) {
    this.#store = store;
    this.#logger = logger;
    // A clock that was set back must not give two lives one epoch: the ledger would take new rows for old ones.
    this.#life = { producer, epoch: startedAtMs * 1_024 + Math.floor(Math.random() * 1_024) };
    for (const table of Object.values(tableOf)) {
      this.committedRows[table] = 0;
      this.lostRows[table] = 0;
    }
    const lane = (maxFlights: number, fill: () => BatchRows | null) =>
      new BatchLane({
        maxFlights,
        store,
        nextId: () => this.#nextId(),
        fill: () => this.#counted(fill()),
        onCommitted: (rows) => this.#settled(rows, this.committedRows),
        onRefused: (rows, error) => {
          this.#logger.error({ err: error }, "the store calls a row invalid; it is lost");
          this.#settled(rows, this.lostRows);
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

  /** Rows taken and not yet committed; the records of bots, which replace one another, do not count. */
  get pendingRows(): number {
    return (
      this.#inFlight +
      this.#pending.transitions +
      this.#usageRows.length +
      this.#customRows.length +
      this.#samples.size
    );
  }

  /** Takes rows of a table, `to` not included; at most `usageRoom`. */
  addUsage(rows: LlmUsageTable, from: number, to: number): void {
    this.#usageRows.add(rows, from, to);
    if (this.#usageRows.room === 0) this.#usage.pump();
    this.#arm();
  }

  addCustomMetric(row: CustomMetric): void {
    this.#customRows.push(row);
    if (this.#customRows.length >= batchRows) this.#metrics.pump();
    this.#arm();
  }

  addSample(row: BotMetric): void {
    this.#samples.set(row.channel, row);
    this.#armRest();
  }

  addTransition(transition: Transition): void {
    const lost = this.#pending.addTransition(transition);
    if (lost > 0) {
      this.lostRows[tableOf.statusChanges] = (this.lostRows[tableOf.statusChanges] ?? 0) + lost;
      this.#logger.warn({ lost }, "changes of status are lost: the store has been away for too long");
    }
    this.#arm();
  }

  markBot(bot: Bot): void {
    this.#pending.markBot(bot);
    this.#armRest();
  }

  /** A store that opened late tells the status in which it knew each bot (see `PendingState`). */
  amendGreetings(recorded: ReadonlyMap<string, BotStatus>): void {
    this.#pending.amendGreetings(recorded);
  }

  /** The store is open again, or takes rows again. */
  wake(): void {
    for (const lane of this.#lanes) lane.wake();
    this.#flush();
    this.#flushRest();
    this.#onWake();
  }

  /** Sends everything, with the mark of a monitor that stops. Resolves when it is stored, with 0, or after `timeoutMs` with how many rows are not. */
  async finish(timeoutMs: number): Promise<number> {
    this.#clearTimers();
    this.#markOffline = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    this.#finishing = true;
    this.#due = true;
    this.#restDue = true;
    await Promise.race([this.#allStored(), late]);
    clearTimeout(timer);
    const lost = this.pendingRows;
    for (const lane of this.#lanes) lane.abandon((rows) => this.#settled(rows, this.lostRows));
    return lost;
  }

  async #allStored(): Promise<void> {
    for (;;) {
      for (const lane of this.#lanes) lane.pump();
      await Promise.all(this.#lanes.map((lane) => lane.landed()));
      // What a wake sent meanwhile is under way.
      if (this.#lanes.some((lane) => !lane.isEmpty)) continue;
      if (!this.#rowsWait && !this.#restWaits) return;
      // No store is open.
      await new Promise<void>((resolve) => {
        this.#onWake = resolve;
      });
    }
  }

  /** Forgets everything: for a monitor that did not get as far as to run. */
  discard(): void {
    this.#clearTimers();
    for (const lane of this.#lanes) lane.abandon((rows) => this.#settled(rows, this.lostRows));
    this.#pending.clear();
  }

  get #lanes(): readonly BatchLane[] {
    return [this.#state, this.#usage, this.#metrics];
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => this.#flush(), gatherMs);
  }

  #armRest(): void {
    this.#restTimer ??= setTimeout(() => this.#flushRest(), restMs);
  }

  #clearTimers(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#restTimer);
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = true;
    for (const lane of this.#lanes) lane.pump();
    this.#due = this.#finishing;
    if (this.#rowsWait && !this.#finishing) this.#arm();
  };

  readonly #flushRest = (): void => {
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    this.#restDue = true;
    for (const lane of this.#lanes) lane.pump();
    this.#restDue = this.#finishing;
    if (this.#restWaits && !this.#finishing) this.#armRest();
  };

  get #rowsWait(): boolean {
    return this.#pending.transitions > 0 || this.#usageRows.length > 0 || this.#customRows.length > 0;
  }

  get #restWaits(): boolean {
    return this.#pending.bots > 0 || this.#samples.size > 0;
  }

  #nextId(): BatchId {
    this.#seq += 1;
    return { ...this.#life, seq: this.#seq };
  }

  /** Nothing is taken out while no store is open: what it knows may change what waits (`amendGreetings`). */
  #fillState(): BatchRows | null {
    if (this.#store() === null) return null;
    const pending = this.#pending;
    const due = this.#restDue || (this.#due && pending.transitions > 0);
    if (!due && pending.bots < batchBots) return null;
    const rows = pending.take(batchBots, batchRows);
    const last = this.#markOffline && pending.bots === 0 && pending.transitions === 0;
    if (!last) return rows.bots.length + rows.statusChanges.length === 0 ? null : rows;
    this.#markOffline = false;
    return { ...rows, markOldStatusOffline: true };
  }

  #fillUsage(): BatchRows | null {
    const full = this.#usageRows.room === 0;
    const llmUsage = this.#due || full ? this.#usageRows.take() : null;
    if (full) this.onRoom();
    return llmUsage === null ? null : { llmUsage };
  }

  #fillMetrics(): BatchRows | null {
    const full = this.#customRows.length >= batchRows;
    const due = this.#restDue || (this.#due && this.#customRows.length > 0);
    if (!(due || full) || this.#customRows.length + this.#samples.size === 0) return null;
    const botMetrics: BotMetric[] = [];
    for (const [channel, sample] of this.#samples) {
      botMetrics.push(sample);
      this.#samples.delete(channel);
      if (botMetrics.length >= batchRows) break;
    }
    const customMetrics = this.#customRows;
    this.#customRows = [];
    if (full) this.onRoom();
    return { botMetrics, customMetrics };
  }

  #counted(rows: BatchRows | null): BatchRows | null {
    if (rows !== null) this.#inFlight += countOf(rows);
    return rows;
  }

  #settled(rows: BatchRows, into: Record<string, number>): void {
    this.#inFlight -= countOf(rows);
    eachKind(rows, (kind: RowKind, count) => {
      into[tableOf[kind]] = (into[tableOf[kind]] ?? 0) + count;
    });
    this.#usageRows.giveBack(rows.llmUsage);
  }
}
