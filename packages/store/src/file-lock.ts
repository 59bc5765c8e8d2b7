import {
  type BigIntStats,
  chmodSync,
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { Database } from "better-sqlite3";
import { connect } from "./sqlite/file/connection.js";
import { errorFromSqlite } from "./sqlite/file/sqlite-error.js";

/**
 * A lock that one process holds. The kernel gives it back when the process ends, however that
 * happens, so it is never stale.
 */
export interface FileLock {
  /**
   * False when the file is gone from its path, or is another one: others can take a lock of that
   * name now.
   */
  isHeld(): boolean;
  release(): void;
}

/**
 * `held`: a process holds it, perhaps this one. `unavailable`: no lock can be made there, for
 * another reason.
 */
export type LockOutcome =
  | { readonly kind: "taken"; readonly lock: FileLock }
  | { readonly kind: "held"; readonly pid: number | null }
  | { readonly kind: "unavailable"; readonly reason: string };

/**
 * The locks of this process, by the file's identity: a system lock does not exclude its own
 * process, and closing the file would drop it. Each stays here until it is released, because the
 * garbage collector closes an unreferenced database.
 */
const heldHere = new Map<string, FileLock>();

const rounds = 10;
/** Two that start at once can be in each other's way for a moment. */
const contentionMs = 250;
/**
 * Several that start at once can all give way to each other: each tries so often again, after a
 * pause of chance.
 */
const retries = 4;
const retryContentionMs = 50;
const pauseMs = { least: 20, most: 120 };

/**
 * Tries to lock a file, and creates it with mode 0600 if it does not exist. Waits at most a second;
 * never throws.
 *
 * The file is an SQLite database of 512 bytes that is locked exclusively: Node has no call for
 * locking, and SQLite locks on every system, for every container that sees the folder. Its
 * `user_version` is the holder's pid.
 *
 * Only a user who may write to the folder can hold it against us; and where everybody may, as in
 * `/tmp`, only ourselves: another user's file, a symbolic link or anything else that a stranger can
 * put there is `unavailable`, and no holder.
 */
export function takeFileLock(path: string): LockOutcome {
  try {
    let outcome = tryRounds(path, contentionMs);
    for (let retry = 0; retry < retries && outcome.kind === "held" && outcome.pid !== process.pid; retry++) {
      pause();
      outcome = tryRounds(path, retryContentionMs);
    }
    return outcome;
  } catch (error) {
    return { kind: "unavailable", reason: (error as Error).message };
  }
}

/** Holds the thread, as SQLite does while it waits for a lock. */
function pause(): void {
  const { least, most } = pauseMs;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, least + Math.random() * (most - least));
}

function tryRounds(path: string, waitMs: number): LockOutcome {
  for (let round = 0; round < rounds; round++) {
    const outcome = tryOnce(path, waitMs);
    if (outcome !== null) return outcome;
  }
  return { kind: "unavailable", reason: `${path} is replaced again and again` };
}

/** Null where the file was replaced meanwhile. */
function tryOnce(path: string, waitMs: number): LockOutcome | null {
  create(path);
  const file = statOf(path);
  if (file === null) return null;
  const distrust = distrustOf(path, file);
  if (distrust !== null) return { kind: "unavailable", reason: distrust };
  const identity = identityOf(file);
  if (heldHere.has(identity)) return { kind: "held", pid: process.pid };
  let db: Database | null = null;
  try {
    db = connect(path, { timeout: waitMs });
    lock(db);
  } catch (error) {
    db?.close();
    const known = errorFromSqlite(error, `locking ${path}`);
    if (known.code === "busy") return { kind: "held", pid: pidIn(path) ?? holderOf(file) };
    const holder = known.code === "corrupt" ? null : holderOf(file);
    if (holder !== null) return { kind: "held", pid: holder };
    // Foreign content, or the remains of a crash. Nobody holds it, so it may be replaced.
    if (known.code !== "corrupt") return { kind: "unavailable", reason: known.message };
    rmSync(path, { force: true });
    return null;
  }
  const now = statOf(path);
  if (now === null || identityOf(now) !== identity) {
    db.close();
    return null;
  }
  const held = new HeldLock(path, identity, db);
  heldHere.set(identity, held);
  return { kind: "taken", lock: held };
}

class HeldLock implements FileLock {
  readonly #path: string;
  readonly #identity: string;
  #db: Database | null;

  constructor(path: string, identity: string, db: Database) {
    this.#path = path;
    this.#identity = identity;
    this.#db = db;
  }

  isHeld(): boolean {
    const file = statOf(this.#path);
    return this.#db !== null && file !== null && identityOf(file) === this.#identity;
  }

  /**
   * Removes the file while it is locked: a process that opened it meanwhile sees that the path has
   * another file, or none, and tries again.
   */
  release(): void {
    if (this.#db === null) return;
    if (this.isHeld()) rmSync(this.#path, { force: true });
    this.#db.close();
    this.#db = null;
    heldHere.delete(this.#identity);
  }
}

/** The lock is kept when the transaction is over. */
function lock(db: Database): void {
  db.pragma("journal_mode = MEMORY");
  db.pragma("synchronous = OFF");
  db.pragma("page_size = 512");
  db.pragma("locking_mode = EXCLUSIVE");
  db.exec(`BEGIN EXCLUSIVE; PRAGMA user_version = ${process.pid}; COMMIT`);
}

function create(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function distrustOf(path: string, file: BigIntStats): string | null {
  if (!file.isFile() || file.nlink !== 1n) return `${path} is something else than a lock`;
  const own = process.geteuid?.();
  if (own === undefined) return null;
  if (file.uid !== BigInt(own)) {
    const isPublic = (statSync(dirname(path)).mode & 0o002) !== 0;
    return isPublic ? `${path} belongs to user ${file.uid}` : null;
  }
  if ((file.mode & 0o077n) !== 0n) chmodSync(path, 0o600);
  return null;
}

/** Who holds a file that we have no right to open: Linux lists all locks by inode. */
function holderOf({ ino }: BigIntStats): number | null {
  try {
    for (const line of readFileSync("/proc/locks", "latin1").split("\n")) {
      const [, kind, , mode, pid = "", file = ""] = line.trim().split(/\s+/);
      if (kind === "POSIX" && mode === "WRITE" && file.split(":")[2] === String(ino) && Number(pid) > 0)
        return Number(pid);
    }
  } catch {
    // No such list here.
  }
  return null;
}

/**
 * From the header of a database that cannot be opened, as it is locked. Closing it drops no lock of
 * ours: this process has none on it.
 */
function pidIn(path: string): number | null {
  try {
    const pid = readFileSync(path).readUInt32BE(60);
    return pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function statOf(path: string): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
