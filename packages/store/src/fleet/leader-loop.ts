import type { Link } from "../postgres/link.js";
import { migratePostgres } from "../postgres/migration.js";
import type { FleetLeader } from "./fleet-leader.js";
import { IncidentJudge, type IncidentKind } from "./incident.js";
import { IncidentTable, type TellingMark, type ToldIncident } from "./incident-table.js";
import { Lease, type LeaseOptions, type LeaseTerm } from "./lease.js";

const roundMs = 5_000;
const longestJitterMs = 500;
const shortestBackOffMs = 250;
const longestBackOffMs = 5_000;
const upkeepMs = 3_600_000;

/** What a round found. */
export interface LeaderNews {
  readonly isLeader: boolean;
  /** Null where nobody leads, or it is unknown who does. */
  readonly leader: FleetLeader | null;
  /** What this monitor is to tell its receivers, open or just over; null while that is unknown. */
  readonly incidents: readonly ToldIncident[] | null;
}

export interface LeaderLoopOptions extends LeaseOptions {
  /** A connection of its own: a backlog must not keep the leader waiting. */
  readonly link: Link;
  /** False keeps this monitor from leading and telling, as while it is refused. */
  readonly mayAct: () => boolean;
  /** Whether it may lead at all. */
  readonly leads: boolean;
  /** What it tells its receivers about; empty where it has none. */
  readonly tells: () => readonly IncidentKind[];
  /** Done once an hour by the leader, on another connection: the lease does not wait for it. */
  readonly upkeep: () => Promise<unknown>;
  readonly onNews: (news: LeaderNews) => void;
  /** Something failed; it is tried again. */
  readonly onFailed: (error: unknown) => void;
  /** Resolves after so long, or at once when `signal` says so. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Leads the hosts while it holds the lease: decides every 5 s which incidents there are. Whoever
 * has receivers tells them, leader or not, each incident by one monitor. Ends with `stop()`, and
 * lets others lead.
 */
export class LeaderLoop {
  readonly #options: LeaderLoopOptions;
  readonly #lease: Lease;
  readonly #table: IncidentTable;
  #judge = new IncidentJudge();
  #token = -1;
  #connection = -1;
  #keptUpAtMs = Number.NEGATIVE_INFINITY;
  #upkeep: Promise<unknown> | null = null;
  #failures = 0;
  #marks: TellingMark[] = [];
  #isStopped = false;
  #wake = new AbortController();

  constructor(options: LeaderLoopOptions) {
    this.#options = options;
    this.#lease = new Lease(options.link, options);
    this.#table = new IncidentTable(options.link);
  }

  /** Resolves after `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      this.#wake = new AbortController();
      const pauseMs = await this.#tryRound();
      if (this.#isStopped) break;
      await this.#options.pause(pauseMs, this.#wake.signal);
    }
    // Who follows is to know what was told.
    if (this.#options.mayAct()) await this.#writeMarks().catch(this.#options.onFailed);
    await this.#lease.release().catch(this.#options.onFailed);
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake.abort();
  }

  /** How far incidents were told; written with the next round, which is at once, or at the end. */
  mark(marks: readonly TellingMark[]): void {
    this.#marks.push(...marks);
    this.#wake.abort();
  }

  /** Answers how long to wait for the next. */
  async #tryRound(): Promise<number> {
    const { onNews, onFailed } = this.#options;
    try {
      onNews(await this.#round());
      this.#failures = 0;
      const jitterMs = Math.random() * longestJitterMs;
      // Who waits for the lease asks as soon as it is free.
      return this.#lease.isHeld || this.#lease.freeInMs <= 0
        ? roundMs
        : Math.min(roundMs, this.#lease.freeInMs) + jitterMs;
    } catch (error) {
      onFailed(error);
      onNews({ isLeader: this.#lease.isHeld, leader: null, incidents: null });
      const longest = Math.min(longestBackOffMs, shortestBackOffMs * 2 ** this.#failures);
      this.#failures += 1;
      return longest * Math.random();
    }
  }

  async #round(): Promise<LeaderNews> {
    const { link, leads, mayAct } = this.#options;
    if (!mayAct()) {
      await this.#lease.release();
      return { isLeader: false, leader: null, incidents: null };
    }
    if (this.#connection !== link.connections || this.#connection === -1) {
      await migratePostgres(link);
      this.#connection = link.connections;
    }
    const term = leads ? await this.#lease.renew() : null;
    if (!leads) await this.#lease.isFree();
    if (term !== null) await this.#lead(term);
    const { leader } = this.#lease;
    const incidents = await this.#claim();
    return { isLeader: this.#lease.isHeld, leader, incidents };
  }

  async #lead(term: LeaseTerm): Promise<void> {
    if (term.token !== this.#token) {
      this.#token = term.token;
      this.#judge = new IncidentJudge();
      this.#keptUpAtMs = Number.NEGATIVE_INFINITY;
    }
    if (!(await this.#table.tidy(this.#lease))) return;
    const judgement = this.#judge.judge(await this.#table.sight(), term.sinceMs);
    if (!this.#lease.isHeld) return;
    if (judgement.opened.length + judgement.closed.length > 0)
      await this.#table.write(judgement, this.#lease);
    this.#keepUp();
  }

  #keepUp(): void {
    const { monotonicMs, upkeep, onFailed } = this.#options;
    if (this.#upkeep !== null || monotonicMs() - this.#keptUpAtMs < upkeepMs) return;
    this.#keptUpAtMs = monotonicMs();
    this.#upkeep = upkeep()
      .catch(onFailed)
      .finally(() => {
        this.#upkeep = null;
      });
  }

  async #claim(): Promise<readonly ToldIncident[]> {
    await this.#writeMarks();
    const tells = this.#options.tells();
    return tells.length === 0 ? [] : await this.#table.claim(this.#teller(), tells);
  }

  async #writeMarks(): Promise<void> {
    // More may come while these are on their way.
    const marks = [...this.#marks];
    if (marks.length === 0) return;
    await this.#table.mark(this.#teller(), marks);
    this.#marks = this.#marks.slice(marks.length);
  }

  /** The host's own id, so that it goes on with its incidents after a restart. */
  #teller(): string {
    const { hostId, holder } = this.#options;
    return hostId() ?? holder;
  }
}
