import { StoreError, type StoreErrorCode } from "../../error.js";

/**
 * The one place where SQLite's result codes become ours. Extended codes (`SQLITE_CORRUPT_INDEX`,
 * `SQLITE_IOERR_WRITE`) count with their family. An error that is not SQLite's comes back as it is,
 * or as `thread_failed`.
 */
export function errorFromSqlite(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  if (!isSqliteError(error)) {
    return new StoreError(
      "thread_failed",
      `${doing}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  const code = codeFrom(error.code);
  return new StoreError(code, `${doing}: ${error.message} (${error.code})`, { cause: error });
}

/** By its name, so that nothing has to be loaded to tell. */
export function isSqliteError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && error.name === "SqliteError" && "code" in error;
}

/**
 * What is neither the machine's nor the file's fault is `refused`: a constraint or a trigger that
 * is not ours, a table that somebody dropped.
 *
 * `SQLITE_IOERR_SHMSIZE` is the -shm file that could not grow: a full disk, met on tmpfs before any
 * `SQLITE_FULL`.
 */
function codeFrom(code: string): StoreErrorCode {
  if (code === "SQLITE_IOERR_SHMSIZE") return "disk_full";
  const family = families.find(([prefix]) => code === prefix || code.startsWith(`${prefix}_`));
  return family?.[1] ?? "refused";
}

const families: readonly (readonly [string, StoreErrorCode])[] = [
  ["SQLITE_BUSY", "busy"],
  ["SQLITE_LOCKED", "busy"],
  ["SQLITE_PROTOCOL", "busy"],
  ["SQLITE_FULL", "disk_full"],
  ["SQLITE_IOERR", "io_error"],
  ["SQLITE_CORRUPT", "corrupt"],
  ["SQLITE_NOTADB", "corrupt"],
  ["SQLITE_READONLY", "read_only"],
  ["SQLITE_PERM", "read_only"],
  ["SQLITE_AUTH", "read_only"],
  ["SQLITE_CANTOPEN", "cannot_open"],
];
