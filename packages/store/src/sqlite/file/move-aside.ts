import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
} from "node:fs";
import { StoreError } from "../../error.js";

/** What belongs to a database, its log before itself. */
export const databaseSuffixes = ["-wal", "-shm", "-journal", ""];

/**
 * Moves a database with all that belongs to it to another name in its folder, and answers the new
 * paths. The log goes before the database: were we killed in between, a log left beside a fresh
 * database would be played into it.
 *
 * A file that is a mount of its own (`docker run -v ./monitor.db:/data/monitor.db`) cannot be
 * renamed: it is copied, and the file that stays is emptied. Nobody may have it open for writing.
 * Throws `corrupt` where neither works; what was moved by then stays moved.
 */
export function moveAside(path: string, target: string): string[] {
  const moved: string[] = [];
  try {
    for (const suffix of databaseSuffixes) {
      if (!existsSync(path + suffix)) continue;
      moveOne(path + suffix, target + suffix);
      moved.push(target + suffix);
    }
    return moved;
  } catch (error) {
    const done = moved.length === 0 ? "" : ` (already moved: ${moved.join(", ")})`;
    throw new StoreError("corrupt", `${path} cannot be set aside: ${(error as Error).message}${done}`, {
      cause: error,
    });
  }
}

function moveOne(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
    copyWhole(from, to);
    truncateSync(from, 0);
  }
}

function copyWhole(from: string, to: string): void {
  try {
    copyFileSync(from, to);
    const copy = openSync(to, "r");
    try {
      fsyncSync(copy);
    } finally {
      closeSync(copy);
    }
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  }
}

/** `prefix` and the time, in a form that sorts, with a number where that is taken. */
export function freeName(prefix: string, nowMs: number): string {
  const stamp = new Date(nowMs)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
  for (let n = 1; ; n++) {
    const name = `${prefix}${stamp}${n === 1 ? "" : `-${n}`}`;
    if (!databaseSuffixes.some((suffix) => existsSync(name + suffix))) return name;
  }
}
