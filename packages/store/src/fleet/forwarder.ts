import { type FleetSource, fleetSources } from "../fleet-source.js";
import { addRange, countMissing, gapAround, type IdRange, nextRange, type Ranges } from "../ranges.js";
import type { OpeningRange } from "../sqlite/read/openings.js";
import type { SourceTail } from "../sqlite/read/source-tail.js";
import { BotsSender } from "./bots-sender.js";
import { type BeatAnswer, beatMs } from "./host-presence.js";
import type { Cursor, Receiver } from "./receiver.js";
import type { RowRate } from "./row-rate.js";
import { settleTimes } from "./row-times.js";

/** Rows of one statement: a read of a few milliseconds. */
const mostRows = 1_000;
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

/** By source and opening. */
export type SeenRanges = Map<string, Ranges>;

/** Of one source. */
export interface SourceCounts {
  rows: number;
  /** Rows that were deleted before they could be sent, and those that no store takes. */
  deleted: number;
  rejected: number;
}

/** What was sent since the forwarder began. */
export interface ForwardCounts extends SourceCounts {
  statements: number;
  bySource: Record<FleetSource, SourceCounts>;
  /**
   * Rows that were older than an hour when they were sent; they are in the hour that they are of.
   */
  late: number;
  /** Rows more than an hour ahead of the receiver's clock, which got the time of their arrival. */
  retimed: number;
  /** Statements that found another cursor than the one that was read. */
  lostCompares: number;
}

export function noCounts(): ForwardCounts {
  const none = (): SourceCounts => ({ rows: 0, deleted: 0, rejected: 0 });
  return {
    ...none(),
    statements: 0,
    bySource: { status: none(), usage: none(), custom: none(), metrics: none() },
    late: 0,
    retimed: 0,
    lostCompares: 0,
  };
}

/**
 * Sends what the receiver lacks. What that is stands in the receiver's cursors alone: nothing is
 * remembered here beyond a connection, so what a failover or a restored backup of the receiver lost
 * is sent again, and a statement that was answered by nobody is not.
 */
export class Forwarder {
  readonly #tail: SourceTail;
  readonly #receiver: Receiver;
  readonly #options: ForwarderOptions;
  readonly #bots: BotsSender;
  readonly #cursors = new Map<string, Cursor>();
  readonly #seen: SeenRanges;
  /** Of how many rows the next statement of a source is, while one of them is refused. */
  readonly #sizes = new Map<FleetSource, number>();
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
    this.#bots = new BotsSender(tail, receiver, options.monotonicMs);
  }

  /**
   * The beat of the host where it is due, and each source once: the bots, then changes of status,
   * calls, custom metrics, samples. Answers whether there is more to send at once. Rejects with the
   * receiver's error; whether the rows on their way were stored is then read from its cursors.
   */
  async round(): Promise<boolean> {
    await this.#enter();
    await this.#beatIfDue();
    await this.#bots.send();
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
    if (this.#seen.size === 0) return null;
    const openings = this.#tail.openings();
    const count = (source: FleetSource) =>
      openings[source].reduce((sum, one) => {
        const ranges = this.#seen.get(keyOf(source, one.opening)) ?? [];
        return sum + countMissing(ranges, one);
      }, 0);
    return Object.fromEntries(fleetSources.map((source) => [source, count(source)])) as Record<
      FleetSource,
      number
    >;
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
    this.#bots.forget();
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

  /** Sends one range of the newest opening that lacks one. False where the receiver has all. */
  async #sendNext(source: FleetSource, openings: readonly OpeningRange[]): Promise<boolean> {
    for (const within of openings) {
      const { opening } = within;
      const cursor = await this.#cursorOf(source, opening);
      const range = nextRange(cursor.ranges, within, this.#sizes.get(source) ?? mostRows);
      if (range === null) continue;
      const isBacklog = within !== openings[0] || (cursor.ranges.at(-1) ?? 0) > range.last;
      if (isBacklog && !this.#options.backlogRate.hasRoom()) {
        this.isHeldBack = true;
        return false;
      }
      await this.#sendRange(source, within, cursor, range, isBacklog);
      return true;
    }
    return false;
  }

  async #sendRange(
    source: FleetSource,
    within: OpeningRange,
    cursor: Cursor,
    range: IdRange,
    isBacklog: boolean,
  ): Promise<void> {
    const { opening } = within;
    let sent = range;
    let rows = this.#tail.read(source, range);
    if (rows.table.length + rows.rejected === 0) {
      // Retention may have deleted millions: one statement passes them all.
      sent = this.#tail.emptyAround(source, range, gapAround(cursor.ranges, within, range));
      rows = { ...rows, deleted: sent.last - sent.first + 1 };
    }
    const times = settleTimes(rows.table.columns.tsMs, rows.table.length, this.#receiver.nowMs());
    const ranges = addRange(cursor.ranges, sent);
    const parcel = { source, opening, version: cursor.version, ranges };
    let isStored: boolean;
    try {
      isStored = await this.#receiver.send({ ...parcel, rows });
      this.#grow(source);
    } catch (error) {
      if (this.#receiver.failureOf(error) !== "poison" || rows.table.length === 0) throw error;
      if (rows.table.length > 1 || sent.last > sent.first) return this.#shrink(source, sent);
      this.#options.onRejected(source, sent.first, error);
      rows.table.clear();
      rows = { ...rows, rejected: rows.rejected + 1 };
      isStored = await this.#receiver.send({ ...parcel, rows });
      this.#grow(source);
    }
    if (!isStored) {
      this.counts.lostCompares += 1;
      this.#cursors.delete(keyOf(source, opening));
      return;
    }
    this.#keep(keyOf(source, opening), { version: cursor.version + 1, ranges });
    this.counts.statements += 1;
    for (const counts of [this.counts, this.counts.bySource[source]]) {
      counts.rows += rows.table.length;
      counts.deleted += rows.deleted;
      counts.rejected += rows.rejected;
    }
    this.counts.late += times.late;
    this.counts.retimed += times.retimed;
    if (isBacklog) this.#options.backlogRate.note(rows.table.length);
  }

  async #cursorOf(source: FleetSource, opening: number): Promise<Cursor> {
    // The connection may have been lost and made anew since the round began.
    if (this.#connection !== this.#receiver.connections) await this.#enter();
    const key = keyOf(source, opening);
    const known = this.#cursors.get(key);
    if (known !== undefined) return known;
    const cursor = await this.#receiver.readCursor(source, opening);
    this.#keep(key, cursor);
    return cursor;
  }

  #keep(key: string, cursor: Cursor): void {
    this.#cursors.set(key, cursor);
    this.#seen.set(key, cursor.ranges);
  }

  /** One of the rows is refused: half as many next time, until it is alone. */
  #shrink(source: FleetSource, { first, last }: IdRange): void {
    this.#sizes.set(source, Math.max(1, Math.floor((last - first + 1) / 2)));
  }

  #grow(source: FleetSource): void {
    const size = this.#sizes.get(source);
    if (size === undefined) return;
    if (2 * size >= mostRows) this.#sizes.delete(source);
    else this.#sizes.set(source, 2 * size);
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

const keyOf = (source: FleetSource, opening: number) => `${source} ${opening}`;
