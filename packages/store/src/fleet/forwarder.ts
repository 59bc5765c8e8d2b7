import { setTimeout as delay } from "node:timers/promises";
import { type FleetSource, fleetSources } from "../fleet-source.js";
import { addRange, countMissing, gapAround, type IdRange, nextRange, type Ranges } from "../ranges.js";
import type { OpeningRange } from "../sqlite/read/openings.js";
import type { SourceTail } from "../sqlite/read/source-tail.js";
import { BotsSender } from "./bots-sender.js";
import { type ForwardCounts, noCounts } from "./forward-counts.js";
import { type BeatAnswer, beatMs } from "./host-presence.js";
import { KnownCursors } from "./known-cursors.js";
import { type Portion, readPortion } from "./portion.js";
import type { Cursor, Receiver } from "./receiver.js";
import type { RowRate } from "./row-rate.js";
import { StatementSizes } from "./statement-sizes.js";
import { type SeenRanges, waitingIds } from "./waiting-ids.js";

/** In which a statement is on its way before the next rows are read: reading holds up its bytes. */
const sendingMs = 1;
const samplesDue = 5_000;
const minuteMs = 60_000;
const longestJitterMs = 5_000;

export interface ForwarderOptions {
  /** Bounds what is sent of the backlog; what happens now is not held up. */
  readonly backlogRate: RowRate;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  /** Counted on by each forwarder that sends from the same database. */
  readonly counts?: ForwardCounts;
  /** What the receiver had when it was asked last; kept by each forwarder, to count what waits. */
  readonly seen?: SeenRanges;
  /** A row that the receiver does not take; it is passed over and counted. */
  readonly onRejected: (source: FleetSource, id: number, error: unknown) => void;
}

/**
 * Sends what the receiver lacks, which its cursors alone say. So what a failover or a restored
 * backup of it lost is sent again, and a statement that was answered by nobody is not.
 */
export class Forwarder {
  readonly #tail: SourceTail;
  readonly #receiver: Receiver;
  readonly #options: ForwarderOptions;
  /** Asked whether a look at them is due, and told of the last round. */
  readonly bots: BotsSender;
  readonly #cursors: KnownCursors;
  readonly #seen: SeenRanges;
  readonly #sizes: StatementSizes;
  /** What was read while a statement was on its way. */
  #ahead: Portion | null = null;
  #connection = -1;
  #samplesAtMs = 0;
  #beatAtMs = 0;
  /** Since when rows of now wait; null where none do. */
  #lateSinceMs: number | null = null;
  /** What the receiver said to the last beat; null before the first. */
  answer: BeatAnswer | null = null;
  readonly counts: ForwardCounts;
  /** In the last round some of the backlog had to wait for its rate. */
  isHeldBack = false;

  constructor(tail: SourceTail, receiver: Receiver, options: ForwarderOptions) {
    this.#tail = tail;
    this.#receiver = receiver;
    this.#options = options;
    this.counts = options.counts ?? noCounts();
    this.#seen = options.seen ?? new Map();
    this.#cursors = new KnownCursors(tail, receiver, this.#seen);
    this.#sizes = new StatementSizes(options.backlogRate.rowsPerSecond);
    this.bots = new BotsSender(tail, receiver, options.monotonicMs);
  }

  /**
   * The beat of the host where it is due, and each source once: the bots, then changes of status,
   * calls, custom metrics, samples. Answers whether there is more to send at once. Rejects with the
   * receiver's error; whether the rows on their way were stored is then read from its cursors.
   */
  async round(): Promise<boolean> {
    await this.#enter();
    await this.#beatIfDue();
    await this.bots.send();
    const openings = this.#tail.openings();
    let isMore = false;
    this.isHeldBack = false;
    for (const source of fleetSources) {
      // Statements of a slow database must not make the host silent.
      await this.#beatIfDue();
      if (source === "metrics" && !(await this.#areSamplesDue(openings.metrics))) continue;
      const isSent = await this.#sendNext(source, openings[source]);
      if (source === "metrics" && !isSent && !this.isHeldBack) this.#noteSamplesSent();
      isMore = isSent || isMore;
    }
    this.#lateSinceMs = isMore ? (this.#lateSinceMs ?? this.#options.monotonicMs()) : null;
    return isMore;
  }

  /**
   * How many ids of each source the receiver lacks, as far as its cursors are known; null while
   * none is.
   */
  waiting(): Readonly<Record<FleetSource, number>> | null {
    return this.#seen.size === 0 ? null : waitingIds(this.#tail.openings(), this.#seen);
  }

  /**
   * For how long rows of now have waited; samples, which go out once a minute, are none of them.
   */
  lagMs(): number {
    return this.#lateSinceMs === null ? 0 : this.#options.monotonicMs() - this.#lateSinceMs;
  }

  /** To be called after a failure: what was read before it no longer counts. */
  forget(): void {
    this.#cursors.clear();
    this.bots.forget();
    this.#sizes.forget();
    this.#ahead = null;
    this.#connection = -1;
  }

  async #enter(): Promise<void> {
    if (this.#connection !== -1 && this.#connection === this.#receiver.connections) return;
    this.forget();
    const identity = this.#tail.identity();
    if (identity === null) throw new Error("the database has no identity: no monitor has opened it yet");
    await this.#receiver.enter(identity);
    this.#connection = this.#receiver.connections;
    this.#beatAtMs = this.#options.monotonicMs() + beatMs;
  }

  async #beatIfDue(): Promise<void> {
    const nowMs = this.#options.monotonicMs();
    if (nowMs < this.#beatAtMs) return;
    this.#beatAtMs = nowMs + beatMs;
    const waiting = Object.values(this.waiting() ?? {}).reduce((sum, rows) => sum + rows, 0);
    this.answer = await this.#receiver.beat({ waiting, lagMs: this.lagMs() });
  }

  /**
   * Sends rows of now, and then of the backlog, so that neither waits for the other's end. False
   * where the receiver has all.
   */
  async #sendNext(source: FleetSource, openings: readonly OpeningRange[]): Promise<boolean> {
    const [newest] = openings;
    if (newest === undefined) return false;
    const isNewSent = await this.#sendNew(source, newest);
    const isOlderSent = await this.#sendOlder(source, openings);
    return isNewSent || isOlderSent;
  }

  /** What is newer than all that the receiver has. */
  async #sendNew(source: FleetSource, newest: OpeningRange): Promise<boolean> {
    const cursor = await this.#cursorOf(source, newest.opening);
    const range = nextRange(cursor.ranges, newest, this.#sizes.ofNew(source));
    if (range === null || range.last < (cursor.ranges.at(-1) ?? 0)) return false;
    await this.#sendRange(source, newest, cursor, range);
    return true;
  }

  /** One range of the newest opening that lacks one. */
  async #sendOlder(source: FleetSource, openings: readonly OpeningRange[]): Promise<boolean> {
    const { backlogRate, monotonicMs } = this.#options;
    for (const [i, within] of openings.entries()) {
      const cursor = await this.#cursorOf(source, within.opening);
      const older = i === 0 ? below(within, cursor.ranges) : within;
      const range = nextRange(cursor.ranges, older, this.#olderSize(source, within.opening));
      if (range === null) continue;
      if (!backlogRate.hasRoom()) {
        this.isHeldBack = true;
        return false;
      }
      const sinceMs = monotonicMs();
      await this.#sendRange(source, within, cursor, range, older);
      this.#sizes.noteOlder(monotonicMs() - sinceMs);
      return true;
    }
    return false;
  }

  /** As many as were read ahead, if any were. */
  #olderSize(source: FleetSource, opening: number): number {
    const ahead = this.#ahead;
    const isRead = ahead?.source === source && ahead.opening === opening;
    return isRead ? Math.min(ahead.size, this.#sizes.ofOlder(source)) : this.#sizes.ofOlder(source);
  }

  /** `older`: of the backlog; in these bounds the next are read while these are on their way. */
  async #sendRange(
    source: FleetSource,
    within: OpeningRange,
    cursor: Cursor,
    range: IdRange,
    older?: IdRange,
  ): Promise<void> {
    const { opening } = within;
    const portion = this.#portionOf(source, opening, range, gapAround(cursor.ranges, within, range));
    const { sent, times } = portion;
    let { rows } = portion;
    const ranges = addRange(cursor.ranges, sent);
    const parcel = { source, opening, version: cursor.version, ranges };
    const lane = older === undefined ? "new" : "older";
    let isStored: boolean;
    try {
      const answer = this.#receiver.send({ ...parcel, rows });
      if (older !== undefined) await this.#readAhead(portion, older, ranges, answer);
      isStored = await answer;
      this.#sizes.grow(lane, source);
    } catch (error) {
      if (this.#receiver.failureOf(error) !== "poison" || rows.table.length === 0) throw error;
      if (rows.table.length > 1 || sent.last > sent.first) return this.#sizes.shrink(lane, source, sent);
      this.#options.onRejected(source, sent.first, error);
      rows.table.clear();
      rows = { ...rows, rejected: rows.rejected + 1 };
      isStored = await this.#receiver.send({ ...parcel, rows });
      this.#sizes.grow(lane, source);
    }
    if (!isStored) {
      this.counts.lostCompares += 1;
      this.#ahead = null;
      this.#cursors.drop(source, opening);
      return;
    }
    this.#cursors.keep(source, opening, { version: cursor.version + 1, ranges });
    this.counts.statements += 1;
    for (const counts of [this.counts, this.counts.bySource[source]]) {
      counts.rows += rows.table.length;
      counts.deleted += rows.deleted;
      counts.rejected += rows.rejected;
    }
    this.counts.late += times.late;
    this.counts.retimed += times.retimed;
    if (older !== undefined) this.#options.backlogRate.note(rows.table.length);
  }

  #portionOf(source: FleetSource, opening: number, range: IdRange, gap: IdRange): Portion {
    const ahead = this.#ahead;
    if (ahead?.source === source && ahead.opening === opening) {
      this.#ahead = null;
      if (ahead.first === range.first && ahead.size === range.last - range.first + 1) return ahead;
    }
    return readPortion(this.#tail, this.#receiver.nowMs(), { source, opening, range, gap });
  }

  /** Database and host work at the same time where one statement follows the other. */
  async #readAhead(
    { source, opening }: Portion,
    older: IdRange,
    ranges: Ranges,
    answer: Promise<boolean>,
  ): Promise<void> {
    const settled = answer.catch(() => undefined);
    const range = nextRange(ranges, older, this.#sizes.ofOlder(source));
    if (range === null) return;
    await Promise.race([settled, delay(sendingMs)]);
    const gap = gapAround(ranges, older, range);
    this.#ahead = readPortion(this.#tail, this.#receiver.nowMs(), { source, opening, range, gap });
    this.#receiver.prepare(source, this.#ahead.rows);
  }

  async #cursorOf(source: FleetSource, opening: number): Promise<Cursor> {
    // The connection may have been lost and made anew since the round began.
    if (this.#connection !== this.#receiver.connections) await this.#enter();
    return await this.#cursors.of(source, opening);
  }

  /**
   * Samples go out once a minute, since each statement changes a row for every bot; or when many
   * wait.
   */
  async #areSamplesDue(openings: readonly OpeningRange[]): Promise<boolean> {
    if (this.#options.now() >= this.#samplesAtMs) return true;
    const [newest] = openings;
    if (newest === undefined) return false;
    const { ranges } = await this.#cursorOf("metrics", newest.opening);
    if (countMissing(ranges, newest) < samplesDue) return false;
    // All of them, not only those beyond the bound.
    this.#samplesAtMs = this.#options.now();
    return true;
  }

  #noteSamplesSent(): void {
    const now = this.#options.now();
    this.#samplesAtMs = (Math.floor(now / minuteMs) + 1) * minuteMs + Math.random() * longestJitterMs;
  }
}

/** What is older than the newest row that the receiver has. */
const below = ({ first, last }: IdRange, ranges: Ranges): IdRange => ({
  first,
  last: Math.min(last, ranges.at(-1) ?? 0),
});
