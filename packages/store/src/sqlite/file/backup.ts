import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { Database } from "better-sqlite3";
import { StoreError } from "../../error.js";
import type { BackupReport } from "../../store.js";
import { backupMark, backupTargetOf } from "./backup-target.js";
import { connect } from "./connection.js";
import { errorFromSqlite } from "./sqlite-error.js";

/**
 * Copies one moment of the database to `target`. The copy is made under another name in the same
 * folder, in one step of SQLite's backup (several would begin anew whenever the writer commits in
 * between), checked, synced, and only then renamed: whatever happens, what stands at `target` is a
 * whole database, the old one or the new one. It is one file, without a log beside it.
 *
 * Throws what `backupTargetOf` does; `corrupt` where the database itself is damaged,
 * `backup_failed` where copying or checking failed: then the part that was made is removed.
 */
export async function backUp(
  source: Database,
  {
    sourcePath,
    target,
    force,
  }: { readonly sourcePath: string; readonly target: string; readonly force: boolean },
): Promise<BackupReport> {
  const path = backupTargetOf(sourcePath, target, force);
  const partial = `${path}.partial-${process.pid}-${Date.now()}`;
  try {
    // The file is there before SQLite writes to it, so that nobody but its owner can read it at any
    // time.
    closeSync(openSync(partial, "wx", 0o600));
    await source.backup(partial, { progress: () => 0x7fff_ffff });
    verify(partial, backupMark);
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

/**
 * Leaves WAL mode, so that the copy is one file, marks it, and reads all of it. Throws
 * `backup_failed` where it is not sound.
 */
export function verify(partial: string, mark: number): void {
  const copy = connect(partial, { fileMustExist: true });
  try {
    copy.pragma("journal_mode = DELETE");
    copy.pragma(`application_id = ${mark}`);
    const [first] = copy.pragma("quick_check(1)") as { quick_check: string }[];
    if (first?.quick_check !== "ok")
      throw new StoreError("backup_failed", `the copy is not sound: ${first?.quick_check ?? "no answer"}`);
  } finally {
    copy.close();
  }
}

export function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
