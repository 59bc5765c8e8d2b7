import { FleetPoll, type FleetReader, type FleetSnapshot } from "@kissbot/store/fleet";
import type { Clock } from "../clock.js";
import { within } from "../within.js";
import { emptyPicture, type HostsPicture, type OwnOnlineBot, pictureOf } from "./hosts-picture.js";

/** While somebody looks, the database is asked so often. */
const pollMs = 2_000;
/** Nobody has asked for so long: nobody looks, and the connection is given up. */
const unseenMs = 30_000;
/** What is older says nothing of the other hosts any more. */
const knownMs = 15_000;
/** How long a question waits for a first look at the database. */
const firstLookMs = 1_500;

/** What is asked of the database, beside the hosts. */
export type HostsReader = Pick<
  FleetReader,
  | "hosts"
  | "botsOf"
  | "statusHistory"
  | "usageTotals"
  | "metricSeries"
  | "fleetSeries"
  | "customSeries"
  | "close"
>;

/**
 * `connecting`: nothing was read yet. `ok`: what is known is at most 15 s old. `away`: the database
 * does not answer, and what is known is as old as it says.
 */
export type HostsStatus = "connecting" | "ok" | "away";

export interface HostsViewOptions {
  /** A reader with a connection of its own. */
  readonly openReader: () => Promise<HostsReader>;
  /**
   * What this host is called, and its id; that is null while its database cannot be read. Null for
   * a process that has no bots of its own.
   */
  readonly own: { readonly name: string; readonly readHostId: () => string | null } | null;
  /** The own bots that are online. */
  readonly ownOnline: () => Iterable<OwnOnlineBot>;
  readonly clock: Clock;
}

interface Seen {
  readonly snapshot: FleetSnapshot;
  readonly databaseAheadMs: number;
  readonly atMonotonicMs: number;
  readonly atWallMs: number;
}

/**
 * The hosts that share a database, and the bots of the others. The database is asked every 2 s
 * while somebody looks, else never, and nobody waits for it but those who ask first. While it is
 * away what was read last stays; after 15 s every bot of another host is unknown.
 */
export class HostsView {
  readonly #options: HostsViewOptions;
  #reader: Promise<HostsReader> | null = null;
  #poll: FleetPoll | null = null;
  #seen: Seen | null = null;
  #round: Promise<void> | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #detail: string | null = null;
  #ownHostId: string | null = null;
  #isStopped = false;

  constructor(options: HostsViewOptions) {
    this.#options = options;
  }

  /** This host; null for a process that has no bots of its own. */
  get own(): { readonly name: string; readonly hostId: string | null } | null {
    const { own } = this.#options;
    return own === null ? null : { name: own.name, hostId: this.#ownHostId };
  }

  get status(): HostsStatus {
    if (this.#seen === null) return this.#detail === null ? "connecting" : "away";
    return this.#ageMs() <= knownMs && this.#detail === null ? "ok" : "away";
  }

  /** Why the database was not read the last time; null where it was. */
  get detail(): string | null {
    return this.#detail;
  }

  /** Of when the newest look is, Unix milliseconds; null before there was one. */
  get asOfMs(): number | null {
    return this.#seen?.atWallMs ?? null;
  }

  /**
   * What is known now. Somebody looks: the database is asked from here on. Waits for it only where
   * nothing recent is known and the last question did not fail.
   */
  async look(): Promise<HostsPicture> {
    this.#lookedAtMs = this.#options.clock.monotonicMs();
    if (this.#isStopped) return this.picture();
    if (this.#round === null && this.#timer === undefined) this.#startRound();
    const isKnown = this.#seen !== null && this.#ageMs() <= 2 * pollMs;
    if (!isKnown && this.#detail === null && this.#round !== null) await within(this.#round, firstLookMs);
    return this.picture();
  }

  /** The same, without asking the database. */
  picture(): HostsPicture {
    const seen = this.#seen;
    if (seen === null) return emptyPicture;
    const { snapshot, databaseAheadMs } = seen;
    const ageMs = this.#ageMs();
    return pictureOf({
      snapshot,
      databaseNowMs: snapshot.nowMs + (ageMs <= knownMs ? ageMs : 0),
      databaseAheadMs,
      isAway: ageMs > knownMs,
      ownHostId: this.#ownHostId,
      ownOnline: [...this.#options.ownOnline()],
    });
  }

  /** Asks the database; rejects with its `StoreError`. */
  async ask<Answer>(question: (reader: HostsReader) => Promise<Answer>): Promise<Answer> {
    this.#lookedAtMs = this.#options.clock.monotonicMs();
    if (this.#round === null && this.#timer === undefined && !this.#isStopped) this.#startRound();
    return await question(await this.#open());
  }

  /** A question on its way fails. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#closeReader();
  }

  #ageMs(): number {
    return this.#options.clock.monotonicMs() - (this.#seen?.atMonotonicMs ?? Number.NEGATIVE_INFINITY);
  }

  #startRound(): void {
    this.#round = this.#look().finally(() => {
      this.#round = null;
      if (this.#isStopped) return;
      const isSeen = this.#options.clock.monotonicMs() - this.#lookedAtMs < unseenMs;
      if (!isSeen) {
        this.#closeReader();
        return;
      }
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#startRound();
      }, pollMs).unref();
    });
  }

  async #look(): Promise<void> {
    const { clock, own } = this.#options;
    try {
      // Without it the own bots would be those of another host.
      this.#ownHostId ??= own?.readHostId() ?? null;
      if (own !== null && this.#ownHostId === null)
        throw new Error("the database of this host is not open yet");
      const reader = await this.#open();
      // The first question makes the connection, which says nothing of the database's clock.
      if (this.#poll === null) await reader.hosts();
      let [tookMs, atWallMs, atMonotonicMs] = [0, 0, 0];
      const hosts = async () => {
        const sentMs = clock.monotonicMs();
        const list = await reader.hosts();
        [atWallMs, atMonotonicMs] = [clock.wallMs(), clock.monotonicMs()];
        tookMs = atMonotonicMs - sentMs;
        return list;
      };
      this.#poll ??= new FleetPoll((hostId) => hostId !== this.#ownHostId);
      const snapshot = await this.#poll.look({ hosts, botsOf: (hostNo) => reader.botsOf(hostNo) });
      const databaseAheadMs = Math.round(snapshot.nowMs + tookMs / 2 - atWallMs);
      this.#seen = { snapshot, databaseAheadMs, atMonotonicMs, atWallMs };
      this.#detail = null;
    } catch (error) {
      this.#detail = error instanceof Error ? error.message : String(error);
    }
  }

  #open(): Promise<HostsReader> {
    this.#reader ??= this.#options.openReader().catch((error: unknown) => {
      this.#reader = null;
      throw error;
    });
    return this.#reader;
  }

  /** What was read stays known; the bots of all hosts are read anew over the next connection. */
  #closeReader(): void {
    void this.#reader?.then((reader) => reader.close()).catch(() => undefined);
    this.#reader = null;
    this.#poll = null;
  }
}
