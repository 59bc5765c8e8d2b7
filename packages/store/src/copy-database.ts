import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { Database } from "better-sqlite3";
import { lockDatabase } from "./database-lock.js";
import { StoreError } from "./error.js";
import { backUp, sync, verify } from "./sqlite/file/backup.js";
import { backupMark, backupTargetOf } from "./sqlite/file/backup-target.js";
import { connect, openReader } from "./sqlite/file/connection.js";
import { prepareDatabaseFile } from "./sqlite/file/database-file.js";
import { pendingMigrations } from "./sqlite/file/migration.js";
import { freeName, moveAside } from "./sqlite/file/move-aside.js";
import { assertOurs, hasOurTables } from "./sqlite/file/ownership.js";
import { errorFromSqlite } from "./sqlite/file/sqlite-error.js";
import type { BackupOptions, BackupReport } from "./store.js";
import { parseStoreUrl } from "./store-url.js";

const lockWaitMs = 2_000;

export interface RestoreReport {
  /** The database, as it is now. */
  readonly path: string;
  readonly bytes: number;
  /** Where the old database is kept; null if there was none. */
  readonly before: string | null;
}

/**
 * Copies a database to `target` as `Store.backup` does, but opens no store: so it works on any file
 * that is ours, one of the Python monitor included, and changes nothing in it; also while a monitor
 * writes to it. For commands: it holds up the thread that calls it.
 */
export async function backUpDatabase(
  url: string,
  target: string,
  { force = false }: BackupOptions = {},
): Promise<BackupReport> {
  const path = pathFrom(url);
  await prepareDatabaseFile(path, true);
  let source: Database;
  try {
    source = openOurs(path);
  } catch (error) {
    if (!isClosedWithoutRights(path, error)) throw error;
    return copyClosed(path, target, force);
  }
  try {
    return await backUp(source, { sourcePath: path, target, force });
  } finally {
    source.close();
  }
}

/**
 * Puts a backup in place of a database. Checks the backup first, and keeps the old database beside
 * it under a name with the time. Rejects with `in_use` while a monitor runs on it, and with `busy`
 * while another program has it open; then nothing has changed.
 */
export async function restoreDatabase(backup: string, url: string): Promise<RestoreReport> {
  const path = pathFrom(url);
  await prepareDatabaseFile(backup, true);
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isFile())
    throw new StoreError("invalid_path", `${path} is no regular file`);
  if (!existsSync(dirname(path)))
    throw new StoreError("invalid_path", `the folder ${dirname(path)} does not exist`);
  const source = statSync(backup);
  if (before !== undefined && before.ino === source.ino && before.dev === source.dev)
    throw new StoreError("invalid_path", `${backup} is the database itself`);
  const lock = lockDatabase(path);
  const partial = `${path}.partial-${process.pid}-${Date.now()}`;
  try {
    await copyChecked(backup, partial);
    keepOwner(partial, before ?? statSync(dirname(path)), before);
    const kept = before === undefined ? keepLog(path) : keepBefore(path);
    put(partial, path);
    sync(dirname(path));
    return { path, bytes: statSync(path).size, before: kept };
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(partial + suffix, { force: true });
    lock?.release();
  }
}

function pathFrom(url: string): string {
  const target = parseStoreUrl(url);
  if (target.scheme === "sqlite") return target.path;
  throw new StoreError("unsupported", `${target.scheme}: has no file`);
}

function openOurs(path: string): Database {
  let db: Database | null = null;
  try {
    db = openReader(path);
    assertOurs(db, path);
    pendingMigrations(db, path);
    if (hasOurTables(db)) return db;
    throw new StoreError("needs_migration", `${path} is empty: there is nothing in it to copy`);
  } catch (error) {
    db?.close();
    throw errorFromSqlite(error, `reading ${path}`);
  }
}

/**
 * SQLite cannot read a closed WAL database in a folder that it may not write. A closed database is
 * complete: it has no log. Nor can it read one whose last transaction was cut off, as the Python
 * monitor's by `kill -9`: its journal says how to take that back.
 */
function isClosedWithoutRights(path: string, error: unknown): boolean {
  const { code } = error as StoreError;
  return (code === "cannot_open" || code === "read_only") && !existsSync(`${path}-wal`);
}

function copyClosed(sourcePath: string, target: string, force: boolean): BackupReport {
  const path = backupTargetOf(sourcePath, target, force);
  const partial = `${path}.partial-${process.pid}-${Date.now()}`;
  try {
    const before = statSync(sourcePath, { bigint: true });
    closeSync(openSync(partial, "wx", 0o600));
    copyFileSync(sourcePath, partial);
    // SQLite takes the transaction back in the copy when that is opened.
    if (existsSync(`${sourcePath}-journal`)) copyFileSync(`${sourcePath}-journal`, `${partial}-journal`);
    chmodSync(partial, 0o600);
    const after = statSync(sourcePath, { bigint: true });
    if (before.mtimeNs !== after.mtimeNs || before.size !== after.size)
      throw new StoreError("backup_failed", `${sourcePath} was written meanwhile`);
    verify(partial, backupMark);
    assertCopyIsOurs(partial, sourcePath);
    sync(partial);
    renameSync(partial, path);
    return { path, bytes: statSync(path).size };
  } catch (error) {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(partial + suffix, { force: true });
    throw errorFromSqlite(error, `copying ${sourcePath}`);
  }
}

function assertCopyIsOurs(copy: string, name: string): void {
  const db = connect(copy, { readonly: true });
  try {
    assertOurs(db, name);
  } finally {
    db.close();
  }
}

/** Every row of the backup, in a file of its own beside the database. */
async function copyChecked(backup: string, partial: string): Promise<void> {
  const source = openOurs(backup);
  try {
    // There before SQLite writes to it, so that nobody but its owner can read it at any time.
    closeSync(openSync(partial, "wx", 0o600));
    await source.backup(partial, { progress: () => 0x7fff_ffff });
  } catch (error) {
    throw errorFromSqlite(error, `copying ${backup}`);
  } finally {
    source.close();
  }
  try {
    verify(partial, 0);
  } catch (error) {
    const { message } = errorFromSqlite(error, `checking ${backup}`);
    throw new StoreError("corrupt", `${backup} is damaged and was not restored: ${message}`, {
      cause: error,
    });
  }
  sync(partial);
}

/** Whoever restores, often root, the monitor's user must be able to open the file. */
function keepOwner(partial: string, { uid, gid }: Stats, before: Stats | undefined): void {
  chmodSync(partial, before === undefined ? 0o600 : before.mode & 0o777);
  try {
    chownSync(partial, uid, gid);
  } catch {
    // Not root: then it is our own, as it would be if the monitor had made it.
  }
}

/**
 * Checkpoints the old database into one file and links it under a second name; if it is damaged,
 * moves all its files.
 */
function keepBefore(path: string): string {
  const kept = freeName(`${path}.before-restore-`, Date.now());
  try {
    const db = connect(path, { timeout: lockWaitMs, fileMustExist: true });
    try {
      db.pragma("journal_mode = DELETE");
    } finally {
      db.close();
    }
    linkSync(path, kept);
  } catch (error) {
    const known = errorFromSqlite(error, `closing ${path}`);
    if (known.code === "busy") {
      throw new StoreError("busy", `another program has ${path} open: stop it first`, { cause: error });
    }
    moveAside(path, kept);
  }
  return kept;
}

/** SQLite would apply a log that is left behind to the restored database. */
function keepLog(path: string): string | null {
  const kept = freeName(`${path}.before-restore-`, Date.now());
  return moveAside(path, kept).length === 0 ? null : kept;
}

function put(partial: string, path: string): void {
  try {
    renameSync(partial, path);
  } catch (error) {
    // A mount of its own, such as a file that was given to a container, cannot be replaced, but it
    // can be written.
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
    copyFileSync(partial, path);
    sync(path);
  }
}
