import { type BotStatus, StoreError } from "@kissbot/store";
import {
  type FleetLeader,
  FleetPoll,
  type FleetReader,
  type ForwardState,
  type HostList,
} from "@kissbot/store/fleet";
import type { Clock } from "../clock.js";
import type { Turns } from "../turns.js";
import { within } from "../within.js";
import { type HostsPicture, pictureOf } from "./hosts-picture.js";
import { OtherBots } from "./other-bots.js";
import { ReaderSlot } from "./reader-slot.js";

/** While somebody looks, the database is asked so often. */
const pollMs = 2_000;
/** Nobody has asked for so long: nobody looks, and the connection is given up. */
const unseenMs = 30_000;
/** What is older says nothing of the other hosts any more. */
const knownMs = 15_000;
/** A question waits for a look at the database until the look is this old. */
const firstLookMs = 1_500;

/** What is asked of the database, beside the hosts. */
export type HostsReader = Pick<
  FleetReader,
  | "hosts"
  | "botsMoment"
  | "botsPage"
  | "statusHistory"
  | "usageTotals"
  | "usagePeriod"
  | "metricSeries"
  | "fleetSeries"
  | "customSeries"
  | "close"
>;

/**
 * `connecting`: nothing recent is known yet. `ok`: the database answers; while somebody looks, what
 * is known is at most 15 s old. `away`: the database does not answer, and what is known is as old
 * as it says.
 */
export type HostsStatus = "connecting" | "ok" | "away";

/** How the database is to whoever reads it, by the state of the one who sends to it. */
export function hostsStatusOf(state: ForwardState): HostsStatus {
  if (state === "connecting") return state;
  return state === "sending" || state === "behind" ? "ok" : "away";
}

export interface HostsViewOptions {
  /** A reader with a connection of its own. */
  readonly openReader: () => Promise<HostsReader>;
  /** How the database is by those who send to it: said while nobody looks. */
  readonly senderStatus?: () => HostsStatus;
  /**
   * What this host is called, and its id; that is null while its database cannot be read. Null for
   * a process that has no bots of its own.
   */
  readonly own: { readonly name: string; readonly readHostId: () => string | null } | null;
  /** The own bot of a channel. */
  readonly ownBot: (channel: string) => OwnBot | undefined;
  readonly turns: Turns;
  readonly clock: Clock;
}

/** What is asked of a bot of this host. */
export interface OwnBot {
  readonly status: BotStatus;
  /** By this monitor's clock. */
  readonly statusSinceMs: number;
}

interface Seen {
  readonly list: HostList;
  readonly databaseAheadMs: number;
  readonly atMonotonicMs: number;
  readonly atWallMs: number;
}

/**
 * The hosts that share a database, and the bots of the others. The database is asked every 2 s
 * while somebody looks, else never, and nobody waits for it but those who ask first. While it is
 * away what was read last stays; after 15 s every bot of another host is unknown. Questions have a
 * connection of their own, so a slow one delays no look.
 */
export class HostsView {
  readonly #options: HostsViewOptions;
  readonly #looks: ReaderSlot<HostsReader>;
  readonly #questions: ReaderSlot<HostsReader>;
  /** Questions that are not answered yet. */
  #openQuestions = 0;
  readonly #others: OtherBots;
  readonly #poll: FleetPoll;
  /** Whether a connection stands, as far as is known. */
  #isConnected = false;
  #seen: Seen | null = null;
  #round: Promise<void> | null = null;
  #roundSinceMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Since when the database is asked again and again. */
  #askedSinceMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #detail: string | null = null;
  #isRefused = false;
  #ownHostId: string | null = null;
  #isStopped = false;

  constructor(options: HostsViewOptions) {
    this.#options = options;
    this.#looks = new ReaderSlot(options.openReader);
    this.#questions = new ReaderSlot(options.openReader);
    this.#others = new OtherBots(options.turns);
    this.#poll = new FleetPoll(this.#others, (hostId) => hostId !== this.#ownHostId);
  }

  /** This host; null for a process that has no bots of its own. */
  get own(): { readonly name: string; readonly hostId: string | null } | null {
    const { own } = this.#options;
    return own === null ? null : { name: own.name, hostId: this.#ownHostId };
  }

  get status(): HostsStatus {
    if (!this.#isLooking) return this.#options.senderStatus?.() ?? "connecting";
    if (this.#detail !== null) return "away";
    if (this.#ageMs() <= knownMs) return "ok";
    return this.#options.clock.monotonicMs() - this.#askedSinceMs <= knownMs ? "connecting" : "away";
  }

  get #isLooking(): boolean {
    return this.#round !== null || this.#timer !== undefined;
  }

  /** Who leads the hosts, as of the newest look; null where nobody does, or that is too old. */
  get leader(): FleetLeader | null {
    return this.#ageMs() <= knownMs ? (this.#seen?.list.leader ?? null) : null;
  }

  /** Why the database was not read the last time; null where it was. */
  get detail(): string | null {
    return this.#detail;
  }

  /** Whether somebody has to change something before the database is read again. */
  get isRefused(): boolean {
    return this.#detail !== null && this.#isRefused;
  }

  /** Of when the newest look is, Unix milliseconds; null before there was one. */
  get asOfMs(): number | null {
    return this.#seen?.atWallMs ?? null;
  }

  /**
   * What is known now. Somebody looks: the database is asked from here on. Waits for it only where
   * nothing recent is known and the last question did not fail, and at most until 1.5 s after the
   * question began that is on its way: whoever looks later, while the database does not answer,
   * waits no more.
   */
  async look(): Promise<HostsPicture> {
    if (this.#isStopped) return this.picture();
    const isAway = this.status === "away";
    this.#noteLook();
    const isKnown = this.#seen !== null && this.#ageMs() <= 2 * pollMs;
    if (!isKnown && !isAway && this.#round !== null) {
      const waitMs = this.#roundSinceMs + firstLookMs - this.#options.clock.monotonicMs();
      if (waitMs > 0) await within(this.#round, waitMs);
    }
    return this.picture();
  }

  /** The same, without asking the database. */
  picture(): HostsPicture {
    const seen = this.#seen;
    if (seen === null) return { hosts: [], bots: [], others: this.#others, sharedChannels: [], leader: null };
    const { list, databaseAheadMs } = seen;
    const ageMs = this.#ageMs();
    return pictureOf({
      list,
      others: this.#others,
      databaseNowMs: list.nowMs + (ageMs <= knownMs ? ageMs : 0),
      databaseAheadMs,
      isAway: ageMs > knownMs,
      ownHostId: this.#ownHostId,
      ownOnlineSinceMs: (channel) => {
        const bot = this.#options.ownBot(channel);
        return bot?.status === "online" ? bot.statusSinceMs : null;
      },
    });
  }

  /** Asks the database; rejects with its `StoreError`, `closed` after `stop`. */
  async ask<Answer>(question: (reader: HostsReader) => Promise<Answer>): Promise<Answer> {
    this.#assertGoing();
    this.#noteLook();
    this.#openQuestions++;
    try {
      const reader = await this.#questions.open();
      this.#assertGoing();
      return await question(reader);
    } finally {
      this.#openQuestions--;
    }
  }

  /** A question on its way fails. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#close();
  }

  #assertGoing(): void {
    if (this.#isStopped) throw new StoreError("closed", "the monitor stops");
  }

  #noteLook(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#lookedAtMs = nowMs;
    if (this.#isLooking || this.#isStopped) return;
    this.#askedSinceMs = nowMs;
    this.#startRound();
  }

  #ageMs(): number {
    return this.#options.clock.monotonicMs() - (this.#seen?.atMonotonicMs ?? Number.NEGATIVE_INFINITY);
  }

  #startRound(): void {
    this.#roundSinceMs = this.#options.clock.monotonicMs();
    this.#round = this.#look().finally(() => {
      this.#round = null;
      if (this.#isStopped) return;
      const isSeen = this.#options.clock.monotonicMs() - this.#lookedAtMs < unseenMs;
      if (!isSeen && this.#openQuestions === 0) {
        this.#detail = null;
        this.#close();
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
      const reader = await this.#looks.open();
      // The first question makes the connection, which says nothing of the database's clock.
      if (!this.#isConnected) await reader.hosts();
      this.#isConnected = true;
      let [tookMs, atWallMs, atMonotonicMs] = [0, 0, 0];
      const hosts = async () => {
        const sentMs = clock.monotonicMs();
        const list = await reader.hosts();
        [atWallMs, atMonotonicMs] = [clock.wallMs(), clock.monotonicMs()];
        tookMs = atMonotonicMs - sentMs;
        return list;
      };
      const list = await this.#poll.look({
        hosts,
        botsMoment: () => reader.botsMoment(),
        botsPage: (plan) => reader.botsPage(plan),
      });
      await this.#others.settle((channel) => this.#options.ownBot(channel) !== undefined);
      const databaseAheadMs = Math.round(list.nowMs + tookMs / 2 - atWallMs);
      this.#seen = { list, databaseAheadMs, atMonotonicMs, atWallMs };
      this.#detail = null;
      // A host that is new is shown before anybody asks for its bots.
      this.picture();
    } catch (error) {
      this.#detail = error instanceof Error ? error.message : String(error);
      this.#isConnected = false;
      this.#isRefused = error instanceof StoreError && error.code === "refused";
    }
  }

  /** What was read stays known. */
  #close(): void {
    this.#looks.close();
    this.#questions.close();
    this.#isConnected = false;
  }
}
