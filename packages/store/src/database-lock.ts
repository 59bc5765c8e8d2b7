import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { StoreError } from "./error.js";
import { type FileLock, takeFileLock } from "./file-lock.js";

/**
 * Locks a database for the one monitor that may use it: a file beside the real file, whichever
 * links lead there. It does not affect programs that only read, or that write their own rows. Null
 * if no lock can be made (the database is opened without it), or if an ending thread of this
 * process still holds it. Throws `in_use`, naming the process.
 */
export function lockDatabase(path: string): FileLock | null {
  const outcome = takeFileLock(`${resolved(path)}.lock`);
  if (outcome.kind === "taken") return outcome.lock;
  if (outcome.kind === "unavailable" || outcome.pid === process.pid) return null;
  const who = outcome.pid === null ? "another monitor" : `another monitor (pid ${outcome.pid})`;
  throw new StoreError(
    "in_use",
    `${who} uses the database ${path}: stop it, or give this one a database of its own with --store`,
  );
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It does not exist yet.
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
