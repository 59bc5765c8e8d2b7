import type { StoredBot } from "../bot.js";
import type { FleetSource } from "../fleet-source.js";
import type { StoredPrice } from "../price.js";
import type { Ranges } from "../ranges.js";
import type { SourceRows, TailIdentity } from "../sqlite/read/source-tail.js";
import type { BeatAnswer, BeatFacts } from "./host-presence.js";

/** What the receiver has of one source of one opening, and how often that changed. */
export interface Cursor {
  readonly version: number;
  readonly ranges: Ranges;
}

/** Rows that are stored together with the ranges that say so, or not at all. */
export interface Parcel {
  readonly source: FleetSource;
  readonly opening: number;
  /** Of the cursor that was read: where it is another one by now, nothing is stored. */
  readonly version: number;
  /** The cursor's ranges with these rows. */
  readonly ranges: Ranges;
  readonly rows: SourceRows;
}

/** What has changed about the bots of the host, and prices that calls of it got. */
export interface BotsParcel {
  readonly opening: number;
  readonly version: number;
  readonly bots: readonly StoredBot[];
  readonly forgotten: readonly string[];
  /** Those that are there stay as they are. */
  readonly prices: readonly StoredPrice[];
}

/**
 * What to do about a failure. `retry`: the same again. `hopeless`: nothing until somebody changes
 * something. `poison`: a row that the receiver does not take.
 */
export type Failure = "retry" | "hopeless" | "poison";

/**
 * The database of several hosts, as the forwarder sees it. Each call may fail, or be done and fail.
 */
export interface Receiver {
  /** Grows with every new connection. What was read over an older one no longer counts. */
  readonly connections: number;
  /** The receiver's clock, in Unix milliseconds, as far as it is known: no host's own. */
  nowMs(): number;
  /** Enters the host; to be called before anything else, and after each failure. */
  enter(identity: TailIdentity): Promise<void>;
  /** Makes the cursor where there is none. */
  readCursor(source: FleetSource | "bots", opening: number): Promise<Cursor>;
  /** By opening, those of the given ones that there are. */
  readCursors(source: FleetSource, openings: readonly number[]): Promise<ReadonlyMap<number, Cursor>>;
  /**
   * Makes ready what `send` will be given next, as another statement is on its way; may be left
   * out.
   */
  prepare(source: FleetSource, rows: SourceRows): void;
  /** False where the cursor was another one, and nothing was stored. */
  send(parcel: Parcel): Promise<boolean>;
  /** The channels that it has of this host. */
  readChannels(): Promise<readonly string[]>;
  sendBots(parcel: BotsParcel): Promise<boolean>;
  /** Says that this host is there. */
  beat(facts: BeatFacts): Promise<BeatAnswer>;
  /** Says that it ends, and is not silent. */
  leave(): Promise<void>;
  failureOf(error: unknown): Failure;
}
