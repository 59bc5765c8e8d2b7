import { readFileSync, statSync } from "node:fs";
import process from "node:process";
import type { Database } from "better-sqlite3";
import type { HeldSnapshot } from "../../state.js";
import { writerWaitMs } from "./connection.js";
import type { FileWatch } from "./file-watch.js";

export interface Checkpoint {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

export interface WriteAheadLogOptions {
  readonly maxBytes: number;
  /** Told of each checkpoint, which writes to the database's own file. */
  readonly watch: FileWatch;
}

const softBytes = 16 * 1024 * 1024;
const waitMs = 250;
const restartPauseMs = 1_000;
/**
 * What is copied within a second of its commit: a log so large. A smaller one waits, so that a page
 * which is written again and again is copied once (`pnpm bench idle`).
 */
const tendBytes = 8 * 1024 * 1024;
/** How long the log may wait for all that: then it is copied in a quiet hour. */
const tendMs = 3_600_000;
const heldAfterMs = 2_000;
const heldFromBytes = 1024 * 1024;

/**
 * Bounds the log. A passive checkpoint copies what no reader needs, but a log is only begun anew
 * when no reader stands in it, and readers that overlap without end leave no such moment. So past
 * `maxBytes` the writer waits for those that are in it (a truncating checkpoint): new readers then
 * find everything in the database and stand outside the log.
 *
 * One snapshot that is held for long defeats this too, and SQLite has no remedy; then it is told
 * who holds it, and writing goes on.
 */
export class WriteAheadLog {
  readonly #db: Database;
  readonly #path: string;
  readonly #watch: FileWatch;
  readonly #softFrames: number;
  readonly #tendFrames: number;
  readonly #maxFrames: number;
  readonly #look;
  #copyAtMs = 0;
  #restartAtMs = 0;
  #tendAtMs = Number.POSITIVE_INFINITY;
  #copied = 0;
  #stuck: { readonly frames: number; readonly sinceMs: number; readonly wallMs: number } | null = null;

  constructor(db: Database, path: string, { maxBytes, watch }: WriteAheadLogOptions) {
    this.#db = db;
    this.#watch = watch;
    this.#path = path;
    const frameBytes = (db.pragma("page_size", { simple: true }) as number) + 24;
    this.#maxFrames = Math.max(1, Math.floor(maxBytes / frameBytes));
    this.#softFrames = Math.max(1, Math.floor(Math.min(softBytes, maxBytes / 4) / frameBytes));
    this.#tendFrames = Math.min(this.#softFrames, Math.floor(tendBytes / frameBytes));
    this.#look = db.prepare("PRAGMA wal_checkpoint(NOOP)");
  }

  /** The size of the file, which is what the disk has to hold. */
  bytes(): number {
    return statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** After a commit: nothing, until a quarter of what the log may hold waits to be copied. */
  bound(nowMs: number): void {
    const { log, checkpointed } = this.#look.get() as Checkpoint;
    if (log >= this.#maxFrames) this.#restart(nowMs);
    else if (log - checkpointed >= this.#softFrames && nowMs >= this.#copyAtMs) this.#copy(nowMs);
  }

  /** Where readers keep it from copying enough, asking after every commit would only cost time. */
  #copy(nowMs: number): void {
    const { log, checkpointed } = this.#checkpoint("PASSIVE");
    if (log - checkpointed >= this.#softFrames) this.#copyAtMs = nowMs + waitMs;
  }

  /**
   * Readers that come and go let it succeed, if not at once. One that stays does not, and waiting
   * for it after every commit would hold up the writing for nothing: then a second goes by first.
   */
  #restart(nowMs: number): void {
    if (nowMs < this.#restartAtMs) return;
    const { busy, checkpointed } = this.#checkpoint("TRUNCATE");
    if (busy !== 0 && checkpointed <= this.#copied) this.#restartAtMs = nowMs + waitMs + restartPauseMs;
    this.#copied = checkpointed;
  }

  /**
   * Once a second: copies what can be copied once it is worth it, and notices a snapshot that does
   * not let go.
   */
  tend(nowMs: number, wallMs: number): HeldSnapshot | null {
    if (!this.#isWorthCopying(nowMs)) return null;
    const { log, checkpointed } = this.#checkpoint("PASSIVE");
    if (log <= checkpointed || log < 0) {
      this.#stuck = null;
      this.#tendAtMs = Number.POSITIVE_INFINITY;
      return null;
    }
    if (this.#stuck?.frames !== checkpointed) this.#stuck = { frames: checkpointed, sinceMs: nowMs, wallMs };
    const walBytes = this.bytes();
    if (nowMs - this.#stuck.sinceMs < heldAfterMs || walBytes < heldFromBytes) return null;
    return { walBytes, sinceMs: this.#stuck.wallMs, holder: holderOf(`${this.#path}-shm`) };
  }

  #isWorthCopying(nowMs: number): boolean {
    if (this.#stuck !== null) return true;
    const { log, checkpointed } = this.#look.get() as Checkpoint;
    if (log <= checkpointed) return false;
    this.#tendAtMs = Math.min(this.#tendAtMs, nowMs + tendMs);
    return log - checkpointed >= this.#tendFrames || nowMs >= this.#tendAtMs;
  }

  /** Empties the log where no reader stands in its way. */
  truncate(): void {
    this.#checkpoint("TRUNCATE");
  }

  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): Checkpoint {
    const wait = mode === "TRUNCATE";
    if (wait) this.#db.pragma(`busy_timeout = ${waitMs}`);
    try {
      const [result] = this.#db.pragma(`wal_checkpoint(${mode})`) as Checkpoint[];
      return result ?? { busy: 1, log: -1, checkpointed: -1 };
    } finally {
      this.#watch.noteCheckpoint();
      if (wait) this.#db.pragma(`busy_timeout = ${writerWaitMs}`);
    }
  }
}

/**
 * The processes that hold a read lock on the shared index: Linux lists POSIX locks by inode, and
 * SQLite's five read marks are the bytes 123 to 127 of the -shm file. Elsewhere, or where the list
 * cannot be read, nobody can tell.
 */
function holderOf(shmPath: string): string {
  try {
    const inode = String(statSync(shmPath).ino);
    const pids = new Set<string>();
    for (const line of readFileSync("/proc/locks", "latin1").split("\n")) {
      const [, kind, , mode, pid = "", file = "", from, to] = line.trim().split(/\s+/);
      if (kind !== "POSIX" || mode !== "READ" || file.split(":")[2] !== inode) continue;
      if (Number(from) <= 127 && Number(to) >= 123) pids.add(pid);
    }
    const others = [...pids].filter((pid) => pid !== String(process.pid));
    if (others.length > 0) return `process ${others.join(", ")}`;
    return pids.size > 0 ? "this process" : "unknown";
  } catch {
    // No /proc, or no right to read it: the size and the time still tell the operator what matters.
    return "unknown";
  }
}
