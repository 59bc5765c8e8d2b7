import type { Link } from "../postgres/link.js";
import { quoted } from "../postgres/record-columns.js";
import type { TailIdentity } from "../sqlite/read/source-tail.js";

/** How often a host says that it is there. */
export const beatMs = 5_000;
/** Where two monitors beat as one host, both have beaten within this time. */
const freshMs = 2.5 * beatMs;
/** From so many beats on the host's row is this monitor's: one that takes it later is a clone. */
const heldBeats = 2;
/** A host is looked for that this one replaces, and a clone forgotten, each so many beats. */
const beatsOfMinute = 12;

/** What a host says of itself with each beat. */
export interface BeatFacts {
  /** How many rows the database lacks. */
  readonly waiting: number;
  /** For how long rows of now have waited. */
  readonly lagMs: number;
}

/** What the database answers to a beat. */
export interface BeatAnswer {
  /** The database's clock less that of this host; positive where this host is behind. */
  readonly skewMs: number;
  /** Another monitor with this host's identity tried to send within the last minute. */
  readonly isCloned: boolean;
}

export interface HostPresenceOptions {
  /** What people call the host. */
  readonly name: string;
  /** That of the monitor. */
  readonly version: string | null;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
}

/** Another monitor beats under this host's identity. */
export class ClonedHostError extends Error {
  override readonly name = "ClonedHostError";

  constructor() {
    super(
      "another running monitor has this host's identity, since its database was copied; this one sends nothing: stop one of the two, or give this one a database of its own with --store",
    );
  }
}

interface HostRow extends Record<string, unknown> {
  readonly opening: string | null;
  readonly boot_id: string | null;
  readonly state: string;
  readonly state_seq: number;
  readonly is_fresh: boolean;
  readonly db_ms: number;
}

/**
 * The row of this host in the fleet's database. `seen_at` is the database's time. A statement of a
 * dead connection that is done later has a smaller `state_seq`, and changes nothing.
 *
 * Two monitors with one identity: the one that came first holds the row. The other one is refused
 * at once where it runs on another start of a system; else it takes the row, loses it to the next
 * beat of the first, and is refused with its own next beat.
 */
export class HostPresence {
  readonly #link: Link;
  readonly #options: HostPresenceOptions;
  #hostNo = 0;
  #identity: TailIdentity | null = null;
  #seq = 0;
  /** Beats in a row that found the row as the last one left it. */
  #beats = 0;
  #beatenAtMs = Number.NEGATIVE_INFINITY;
  #skewMs: number | null = null;
  #wasRefused = false;
  /** The database's clock when this monitor came. */
  #cameAtMs: number | null = null;
  /** The database's clock at the last beat. */
  databaseMs = Date.now();
  #clone: { mark: number; beats: number } | null = null;

  constructor(link: Link, options: HostPresenceOptions) {
    this.#link = link;
    this.#options = options;
  }

  /**
   * Takes the row, and answers the time of the database. Throws `ClonedHostError` where another
   * monitor holds it.
   */
  async enter(hostNo: number, identity: TailIdentity): Promise<number> {
    this.#hostNo = hostNo;
    this.#identity = identity;
    this.#beats = 0;
    const sentMs = this.#options.nowMs();
    const [row] = await this.#link.rows<HostRow>(
      `SELECT opening, boot_id, state, state_seq::float8 AS state_seq, ${dbMs},
 seen_at > clock_timestamp() - ${freshMs} * interval '1 ms' AS is_fresh FROM ${this.#table} WHERE host_no = $1`,
      [hostNo],
    );
    if (row === undefined) throw new Error("the row of this host is gone");
    this.#noteSkew(sentMs, row.db_ms);
    this.#cameAtMs ??= row.db_ms;
    const isOther = row.opening !== null && Number(row.opening) !== identity.opening;
    const isElsewhere = this.#wasRefused || row.boot_id !== identity.bootId;
    if (isOther && row.state === "up" && row.is_fresh && isElsewhere) await this.#refuse();
    this.#seq = row.state_seq + 1;
    const [entered] = await this.#link.rows<{ db_ms: number }>(
      `UPDATE ${this.#table} SET name = $2, opening = $3, boot_id = $4, machine = $5, monitor_version = $6, beat_s = ${beatMs / 1_000},
 state = 'up', state_seq = $7, connected_at = clock_timestamp(), seen_at = clock_timestamp(), skew_ms = $8, replaced_by = NULL
 WHERE host_no = $1 AND state_seq < $7 RETURNING ${dbMs}`,
      [
        hostNo,
        this.#options.name,
        identity.opening,
        identity.bootId,
        identity.machine,
        this.#options.version,
        this.#seq,
        this.#skewMs,
      ],
    );
    this.#wasRefused = false;
    await this.#markReplaced();
    return entered?.db_ms ?? row.db_ms;
  }

  /** Throws `ClonedHostError` where another monitor holds the row by now. */
  async beat({ waiting, lagMs }: BeatFacts): Promise<BeatAnswer> {
    const opening = this.#identity?.opening ?? 0;
    // After a pause this monitor is the one that comes later.
    if (this.#options.monotonicMs() - this.#beatenAtMs > freshMs) this.#beats = 0;
    const isHeld = this.#beats >= heldBeats;
    if (this.#beats % beatsOfMinute === beatsOfMinute - 1) await this.#markReplaced();
    this.#seq += 1;
    const sentMs = this.#options.nowMs();
    // Who holds the row takes it back. The other one's `state_seq` may be ahead by then.
    const [row] = await this.#link.rows<{ db_ms: number; state_seq: number; clone_of: number | null }>(
      `UPDATE ${this.#table} SET opening = $2, state = 'up', state_seq = greatest(state_seq + 1, $3), seen_at = clock_timestamp(), skew_ms = $4,
 lag_ms = $5, waiting = $6, boot_id = $7, clone_of = CASE WHEN $8 THEN NULL ELSE clone_of END,
 lost_rows = (SELECT coalesce(sum(deleted + rejected), 0) FROM ${this.#cursors} WHERE host_no = $1)
 WHERE host_no = $1 AND (state_seq < $3 OR $9) AND (opening = $2 OR $9)
 RETURNING ${dbMs}, state_seq::float8 AS state_seq, clone_of`,
      [
        this.#hostNo,
        opening,
        this.#seq,
        this.#skewMs,
        Math.round(lagMs),
        waiting,
        this.#identity?.bootId ?? null,
        this.#clone !== null && this.#clone.beats >= beatsOfMinute,
        isHeld,
      ],
    );
    if (row === undefined) return await this.#refuse();
    this.#seq = row.state_seq;
    this.#beats += 1;
    this.#beatenAtMs = this.#options.monotonicMs();
    this.databaseMs = row.db_ms;
    this.#noteSkew(sentMs, row.db_ms);
    this.#noteClone(row.clone_of);
    return { skewMs: this.#skewMs ?? 0, isCloned: this.#clone !== null };
  }

  /** The monitor ends: the host is not silent then. */
  async leave(): Promise<void> {
    this.#seq += 1;
    await this.#link.rows(
      `UPDATE ${this.#table} SET state = 'stopped', state_seq = $3, seen_at = clock_timestamp(), waiting = NULL, lag_ms = NULL
 WHERE host_no = $1 AND opening = $2 AND state_seq < $3`,
      [this.#hostNo, this.#identity?.opening ?? 0, this.#seq],
    );
  }

  /**
   * The mark changes each time, so that the first monitor sees whether the second is still there.
   */
  async #refuse(): Promise<never> {
    this.#wasRefused = true;
    this.#beats = 0;
    await this.#link.rows(
      `UPDATE ${this.#table} SET clone_of = CASE WHEN clone_of = host_no THEN -host_no ELSE host_no END WHERE host_no = $1`,
      [this.#hostNo],
    );
    throw new ClonedHostError();
  }

  /**
   * A host of the same name and machine that was not heard since this one came was installed anew.
   * One that was heard beside it is another monitor of that machine.
   */
  async #markReplaced(): Promise<void> {
    const machine = this.#identity?.machine ?? null;
    if (machine === null) return;
    await this.#link.rows(
      `UPDATE ${this.#table} SET replaced_by = $1 WHERE name = $2 AND machine = $3 AND host_no <> $1 AND replaced_by IS NULL
 AND seen_at <= to_timestamp($4::float8 / 1000)
 AND (state <> 'up' OR seen_at < clock_timestamp() - greatest(30, 4 * coalesce(beat_s, 0)) * interval '1 s')`,
      [this.#hostNo, this.#options.name, machine, this.#cameAtMs],
    );
  }

  #noteSkew(sentMs: number, databaseMs: number): void {
    this.#skewMs = Math.round(databaseMs - (sentMs + this.#options.nowMs()) / 2);
  }

  #noteClone(mark: number | null): void {
    if (mark === null) this.#clone = null;
    else if (mark === this.#clone?.mark) this.#clone.beats += 1;
    else this.#clone = { mark, beats: 0 };
  }

  get #table(): string {
    return `${quoted(this.#link.url.schema)}.hosts`;
  }

  get #cursors(): string {
    return `${quoted(this.#link.url.schema)}.cursors`;
  }
}

const dbMs = "(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS db_ms";
