import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import process from "node:process";
import type { Database } from "better-sqlite3";
import { StoreError } from "../error.js";
import type { BackupReport } from "../store.js";
import { connect } from "./connection.js";
import { errorFromSqlite } from "./sqlite-error.js";

/**
 * Copies one moment of the database to `target`. The copy is made under another name in the same folder, in one step of SQLite's
 * backup (several would begin anew whenever the writer commits in between), checked, synced, and only then renamed: whatever happens, what stands at
 * `target` is a whole database, the old one or the new one. It is one file, without a log beside it.
 *
 * Throws `invalid_path` where the target cannot be a backup (the database itself, a folder), `backup_failed` where copying
 * or checking failed; then the part that was made is removed.
 */
export async function backUp(source: Database, sourcePath: string, target: string): Promise<BackupReport> {
  const path = resolve(target);
  assertTarget(sourcePath, path);
  const partial = `${path}.partial-${process.pid}-${Date.now()}`;
  try {
    // The file is there before SQLite writes to it, so that nobody but its owner can read it at any time.
    closeSync(openSync(partial, "wx", 0o600));
    await source.backup(partial, { progress: () => 0x7fff_ffff });
    verify(partial);
    chmodSync(partial, 0o600);
    sync(partial);
    renameSync(partial, path);
    sync(dirname(path));
    return { path, bytes: statSync(path).size };
  } catch (error) {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(partial + suffix, { force: true });
    const known = errorFromSqlite(error, "backing up");
    const damage = checkOf(source);
    if (damage !== null)
      throw new StoreError("corrupt", `no backup at ${path}: the database is damaged: ${damage}`, {
        cause: error,
      });
    throw known.code === "disk_full"
      ? known
      : new StoreError("backup_failed", `no backup at ${path}: ${known.message}`, { cause: error });
  }
}

function assertTarget(sourcePath: string, path: string): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  const source = statSync(sourcePath);
  if (existing?.isDirectory()) throw new StoreError("invalid_path", `${path} is a directory; name a file`);
  const same = existing !== undefined && existing.ino === source.ino && existing.dev === source.dev;
  const beside = ["-wal", "-shm", "-journal"].some((suffix) => path === sourcePath + suffix);
  if (same || beside || path === sourcePath)
    throw new StoreError("invalid_path", `${path} is the database itself`);
  if (!existsSync(dirname(path)))
    throw new StoreError("invalid_path", `the folder ${dirname(path)} does not exist`);
}

/** What is wrong with a database, or null; also null where nobody can tell. */
function checkOf(db: Database): string | null {
  try {
    const [first] = db.pragma("quick_check(1)") as { quick_check: string }[];
    return first?.quick_check === "ok" ? null : (first?.quick_check ?? null);
  } catch (error) {
    const known = errorFromSqlite(error, "checking");
    return known.code === "corrupt" ? known.message : null;
  }
}

/** Leaves WAL mode, so that the copy is one file, and reads all of it. */
function verify(partial: string): void {
  const copy = connect(partial, { fileMustExist: true });
  try {
    copy.pragma("journal_mode = DELETE");
    const [first] = copy.pragma("quick_check(1)") as { quick_check: string }[];
    if (first?.quick_check !== "ok")
      throw new StoreError("backup_failed", `the copy is not sound: ${first?.quick_check ?? "no answer"}`);
  } finally {
    copy.close();
  }
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
