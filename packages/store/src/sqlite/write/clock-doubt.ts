import type { Database, Statement } from "better-sqlite3";
import { msFromText } from "../../timestamp.js";

const dayMs = 86_400_000;
/** A leap that no stop of a monitor explains, as a rule. */
const leapMs = 31 * dayMs;
/** How long the clock must go on steadily after a leap before it is believed: NTP needs minutes. */
const probationMs = 7 * dayMs;

/**
 * Two marks among the cursors: when the last round of maintenance was, and when the clock had leapt
 * before it (0: never).
 */
const marks = { lastRound: "maintenance_last", leapt: "maintenance_leapt" } as const;

/**
 * Whether the clock may be believed so far that rows are deleted by it. A clock that says 2038 for
 * a minute, as one without a battery may before NTP has set it, would delete everything. So each
 * round of maintenance keeps its time in the file; one that is more than 31 days from the round
 * before, in either direction, begins a probation of 7 days in which nothing is deleted. Before the
 * first round the newest row counts that stood in the file when it was opened.
 */
export class ClockDoubt {
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #newestAtOpenMs: number | null;
  readonly #inOneCommit: (nowMs: number) => number | null;

  /** To be made before this life writes a row. */
  constructor(db: Database) {
    this.#read = db.prepare("SELECT last_id FROM monitor_rollup_cursors WHERE source = ?").pluck();
    this.#write = db.prepare(
      `INSERT INTO monitor_rollup_cursors (source, last_id) VALUES (?, ?)
       ON CONFLICT (source) DO UPDATE SET last_id = excluded.last_id`,
    );
    this.#newestAtOpenMs = newestIn(db);
    this.#inOneCommit = db.transaction((nowMs: number) => this.#judge(nowMs)).immediate;
  }

  /**
   * To be called in each round. Null: rows may be deleted. Else until when, by this clock, they may
   * not.
   */
  judge(nowMs: number): number | null {
    return this.#inOneCommit(Math.trunc(nowMs));
  }

  #judge(nowMs: number): number | null {
    const last = (this.#read.get(marks.lastRound) as number | undefined) ?? this.#newestAtOpenMs;
    let leapt = (this.#read.get(marks.leapt) as number | undefined) ?? 0;
    if (last !== null && Math.abs(nowMs - last) > leapMs) {
      leapt = nowMs;
      this.#write.run(marks.leapt, leapt);
    }
    this.#write.run(marks.lastRound, nowMs);
    const untilMs = leapt + probationMs;
    return leapt !== 0 && nowMs < untilMs ? untilMs : null;
  }
}

/**
 * The time of the newest row in the file; null where there is none, or none can be read. By the
 * ids, since the times are what is in question.
 */
function newestIn(db: Database): number | null {
  try {
    const texts = ["bot_metrics", "llm_usage"].map((table) =>
      msFromText(db.prepare(`SELECT ts FROM ${table} ORDER BY id DESC LIMIT 1`).pluck().get()),
    );
    const change = db
      .prepare("SELECT ts_ms FROM monitor_status_history ORDER BY id DESC LIMIT 1")
      .pluck()
      .get();
    const times = [...texts, (change as number | undefined) ?? null].filter((ms) => ms !== null);
    return times.length === 0 ? null : Math.max(...times);
  } catch {
    // Damage is for those to meet who need the rows.
    return null;
  }
}
