import type { Link } from "../postgres/link.js";
import { msOf, quoted } from "../postgres/record-columns.js";
import type { Statement } from "../postgres/statement.js";
import { type FleetLeader, leaderJson } from "./fleet-leader.js";

/** How long a lease lasts without being renewed. */
export const leaseMs = 15_000;
/**
 * The holder stops so long before the end, of 15 s: its clock may be slower than the database's.
 */
const marginShare = 2 / 15;
/** A larger difference between the database's clock and ours is a step of one of them. */
const stepMs = 1_000;
const leaseName = "leader";

/** What the holder of the lease has. Times are the database's, in Unix milliseconds. */
export interface LeaseTerm {
  /** Grows with each change of the holder. */
  readonly token: number;
  /** Since when the lease was held without a gap: the holder's `attendedSinceMs`. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

export interface LeaseOptions {
  /** A UUID of this run of the program: a copy of its files must not hold its lease. */
  readonly holder: string;
  /** Which host it is; null for a hub, which is none. */
  readonly hostId: () => string | null;
  /** What a hub is called; null for a host, which has its name among the hosts. */
  readonly hubName?: string | null;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  /** 15 000 */
  readonly lastsMs?: number;
}

interface Row extends Record<string, unknown> {
  readonly token: number;
  readonly since: number;
  readonly now: number;
  readonly leader: FleetLeader;
}

/**
 * The leader's office. One program has it at a time, by the database's clock; each change of the
 * holder raises the token. A holder that was frozen or cut off stops by its own clock before the
 * lease ends, and a statement of its that comes later finds another token and changes nothing.
 */
export class Lease {
  readonly #link: Link;
  readonly #options: LeaseOptions;
  readonly #lastsMs: number;
  #token: number | null = null;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** When the database answered last, by our clock, and what its clock was then. */
  #answered: { readonly askedMs: number; readonly answeredMs: number; readonly databaseMs: number } | null =
    null;

  constructor(link: Link, options: LeaseOptions) {
    this.#link = link;
    this.#options = options;
    this.#lastsMs = options.lastsMs ?? leaseMs;
  }

  /** In how many milliseconds it is free, as it was found held by somebody else. */
  freeInMs = 0;

  /** Whoever had it as the database was asked last; null where nobody had. */
  leader: FleetLeader | null = null;

  /** Whether this holder may act; it stops being true by itself. */
  get isHeld(): boolean {
    return this.#token !== null && this.#options.monotonicMs() < this.#untilMs;
  }

  /**
   * Takes the lease if it is free, renews it if it is ours. Null where somebody else has it.
   * Rejects where the database does not answer.
   */
  async renew(): Promise<LeaseTerm | null> {
    const { holder, hostId, hubName = null, monotonicMs } = this.#options;
    // A look first: the attempt to take it would lock the row.
    if (this.#token === null && !(await this.isFree())) return null;
    const askedMs = monotonicMs();
    const token =
      "CASE WHEN l.holder = $2 AND l.expires_at > clock_timestamp() THEN l.token ELSE l.token + 1 END";
    const [row] = await this.#link.rows<Row>(
      `INSERT INTO ${this.#table()} AS l (name, holder, host_no, token, since, expires_at, hub_name, hub_token)
 VALUES ($1, $2, coalesce((SELECT h.host_no FROM ${quoted(this.#link.url.schema)}.hosts AS h WHERE h.host_id = $3::uuid), 0),
 1, clock_timestamp(), clock_timestamp() + $4 * interval '1 ms', $5, 1)
 ON CONFLICT (name) DO UPDATE SET
 token = ${token}, hub_token = ${token}, hub_name = excluded.hub_name,
 since = CASE WHEN l.holder = $2 AND l.expires_at > clock_timestamp() THEN l.since ELSE clock_timestamp() END,
 holder = $2, host_no = excluded.host_no, expires_at = clock_timestamp() + $4 * interval '1 ms'
 WHERE l.holder = $2 OR ${free("l", "$4")}
 RETURNING token::float8, ${msOf("since")} AS since, ${msOf("clock_timestamp()")} AS now,
 ${leaderJson(this.#link.url.schema)} AS leader`,
      [leaseName, holder, hostId(), this.#lastsMs, hubName],
    );
    const answeredMs = monotonicMs();
    if (row === undefined) {
      this.#lose();
      return null;
    }
    this.#token = row.token;
    this.leader = row.leader;
    this.#untilMs = askedMs + this.#lastsMs * (1 - marginShare);
    const isStepped = this.#isStepped(askedMs, answeredMs, row.now);
    this.#answered = { askedMs, answeredMs, databaseMs: row.now };
    const sinceMs = isStepped ? await this.#restart(row) : row.since;
    return { token: row.token, sinceMs, nowMs: row.now };
  }

  /** Lets others have it at once. */
  async release(): Promise<void> {
    const token = this.#token;
    if (token === null) return;
    this.#lose();
    await this.#link.rows(
      `UPDATE ${this.#table()} SET expires_at = clock_timestamp() WHERE name = $1 AND holder = $2 AND token = $3`,
      [leaseName, this.#options.holder, token],
    );
  }

  /**
   * Adds the part `office`: one row while the lease is ours and lasts, else none. Parts that write
   * take their rows from it. Until the statement ends nobody takes the lease.
   */
  fence(statement: Statement): void {
    const holder = statement.value(this.#options.holder, "uuid");
    const token = statement.value(this.#token ?? -1, "bigint");
    statement.add(
      "office",
      `SELECT token FROM ${statement.name("lease")} WHERE name = ${statement.value(leaseName, "text")}
 AND holder = ${holder} AND token = ${token} AND expires_at > clock_timestamp() FOR SHARE`,
    );
  }

  #lose(): void {
    this.leader = null;
    this.#token = null;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#answered = null;
  }

  /** Looks who has it. Rejects where the database does not answer. */
  async isFree(): Promise<boolean> {
    const [row] = await this.#link.rows<{ free: boolean; left: number; leader: FleetLeader }>(
      `SELECT ${free("l", "$2")} AS free, ${msOf("l.expires_at")} - ${msOf("clock_timestamp()")} AS left,
 ${leaderJson(this.#link.url.schema)} AS leader
 FROM ${this.#table()} AS l WHERE name = $1`,
      [leaseName, this.#lastsMs],
    );
    this.freeInMs = row?.left ?? 0;
    const isFree = row?.free !== false;
    this.leader = isFree ? null : (row?.leader ?? null);
    return isFree;
  }

  /** The database's clock did not move as ours did since the last answer. */
  #isStepped(askedMs: number, answeredMs: number, databaseMs: number): boolean {
    if (this.#answered === null) return false;
    const moved = databaseMs - this.#answered.databaseMs;
    const least = askedMs - this.#answered.answeredMs;
    const most = answeredMs - this.#answered.askedMs;
    return moved < least - stepMs || moved > most + stepMs;
  }

  /** What was seen before a step cannot be compared with what comes after it. */
  async #restart({ token, now }: Row): Promise<number> {
    const [row] = await this.#link.rows<{ since: number }>(
      `UPDATE ${this.#table()} SET since = clock_timestamp() WHERE name = $1 AND holder = $2 AND token = $3
 RETURNING ${msOf("since")} AS since`,
      [leaseName, this.#options.holder, token],
    );
    return row?.since ?? now;
  }

  #table(): string {
    return `${quoted(this.#link.url.schema)}.lease`;
  }
}

/** Over, or so far ahead that the database's clock was set back since. */
function free(lease: string, lastsMs: string): string {
  return `(${lease}.expires_at <= clock_timestamp() OR ${lease}.expires_at > clock_timestamp() + 2 * ${lastsMs} * interval '1 ms')`;
}
