import process from "node:process";
import type Database from "better-sqlite3";
import { StoreError } from "../../error.js";
import { driverRemedy, loadDriver } from "./driver.js";
import { errorFromSqlite, isSqliteError } from "./sqlite-error.js";
import { assertSqliteVersion } from "./sqlite-version.js";

/**
 * How long a statement of the writer waits inside SQLite for a lock; between two such waits its
 * thread hears its messages.
 */
export const writerWaitMs = 200;
const readerWaitMs = 5_000;

/**
 * The one connection that writes. WAL, so that readers and the writer do not wait for each other;
 * `synchronous=FULL`, set here because better-sqlite3 compiles WAL's default down to NORMAL, under
 * which a power cut can lose what was acknowledged; no automatic checkpoint, because its failure
 * would be reported as the failure of a commit that has in fact succeeded; a log of up to 8 MiB is
 * written over and not made anew, as growing a file costs more writes than its content; temporary
 * tables in memory, since a full disk must not fail a statement's journal; 8 MB of cache, as each
 * page of it is fresh memory once and stays resident (measured with 32 MB: `pnpm bench ablation`,
 * `page-cache`). No `mmap_size`: an I/O error would then be a SIGBUS.
 */
export function openWriter(path: string): Database.Database {
  const db = connect(path, { timeout: writerWaitMs });
  try {
    const mode = db.pragma("journal_mode = WAL", { simple: true });
    if (mode !== "wal") {
      throw new StoreError(
        "cannot_open",
        `${path}: a write-ahead log is not possible here (journal mode stays ${String(mode)})`,
      );
    }
    db.pragma("synchronous = FULL");
    db.pragma("wal_autocheckpoint = 0");
    db.pragma("journal_size_limit = 8388608");
    db.pragma("temp_store = MEMORY");
    db.pragma("cache_size = -8000");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function openReader(path: string): Database.Database {
  const db = connect(path, { timeout: readerWaitMs, readonly: true, fileMustExist: true });
  db.pragma("temp_store = MEMORY");
  return db;
}

/** A connection without any setting of ours: what may look at a file that is perhaps not ours. */
export function connect(path: string, options: Database.Options): Database.Database {
  let db: Database.Database;
  try {
    db = new (loadDriver())(path, options);
  } catch (error) {
    if (isSqliteError(error)) throw errorFromSqlite(error, `cannot open ${path}`);
    const { message } = error as Error;
    throw new StoreError(
      "sqlite_unavailable",
      `better-sqlite3 cannot be loaded: ${message} (${driverRemedy(process.versions.node)})`,
      {
        cause: error,
      },
    );
  }
  try {
    assertSqliteVersion(db.prepare("SELECT sqlite_version()").pluck().get() as string);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
