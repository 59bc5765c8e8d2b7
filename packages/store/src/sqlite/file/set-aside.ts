import { existsSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { StoreError } from "../../error.js";
import { connect } from "./connection.js";
import { freeName, moveAside } from "./move-aside.js";
import { errorFromSqlite } from "./sqlite-error.js";

const lockStaleMs = 60_000;

export type Aside =
  /** Moved to these paths, for this reason. */
  | { readonly kind: "moved"; readonly paths: readonly string[]; readonly reason: string }
  /** The file is sound after all, or another process has already dealt with it: open it again. */
  | { readonly kind: "sound" };

/**
 * Sets a corrupt file aside with its -wal and -shm, under a name beside it; nothing is deleted. It
 * is checked twice, each time by a new connection, since one bad answer can be a bad moment
 * (another process was recovering, a read failed).
 *
 * A folder beside the file is the lock: of several processes that find the same file corrupt one
 * moves it, and none of them moves the fresh file that the first began.
 */
export async function setAside(path: string, nowMs: number): Promise<Aside> {
  const lock = `${path}.setting-aside`;
  while (!tryLock(lock)) {
    await delay(50);
    if (!existsSync(lock)) return { kind: "sound" };
  }
  try {
    const reason = corruptionOf(path) === null ? null : corruptionOf(path);
    if (reason === null) return { kind: "sound" };
    return { kind: "moved", paths: moveAside(path, freeName(`${path}.corrupt-`, nowMs)), reason };
  } finally {
    rmdirSync(lock);
  }
}

/**
 * Why the file is corrupt, or null. Where a log lies beside it the look is read-only: the last
 * writing connection that closes plays the log into the file and deletes it, and nothing may be
 * deleted here. Another failure (a lock, a full disk) is no verdict on the file and is thrown.
 */
export function corruptionOf(path: string): string | null {
  try {
    const db = connect(path, { timeout: 5_000, readonly: existsSync(`${path}-wal`) });
    try {
      const [first] = db.pragma("quick_check(1)") as { quick_check: string }[];
      return first?.quick_check === "ok" ? null : (first?.quick_check ?? "no answer");
    } finally {
      db.close();
    }
  } catch (error) {
    const known = errorFromSqlite(error, `checking ${path}`);
    if (known.code === "corrupt") return known.message;
    throw known;
  }
}

/** The lock of a process that was killed while it moved files is taken over after a minute. */
function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new StoreError("corrupt", `a corrupt file cannot be set aside: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  try {
    if (Date.now() - statSync(lock).mtimeMs > lockStaleMs) rmdirSync(lock);
  } catch {
    // Its owner took it away in this moment; the next round sees that.
  }
  return false;
}
