import { StoreError } from "../../error.js";

/**
 * Older ones can corrupt a file when the write-ahead log is reset while another connection
 * checkpoints (fixed in 3.51.3).
 */
export const requiredSqlite = "3.51.3";

/** Throws `sqlite_too_old`, naming both versions. What is no version counts as too old. */
export function assertSqliteVersion(version: string): void {
  const found = version.split(".").map(Number);
  const required = requiredSqlite.split(".").map(Number);
  for (const [i, part] of required.entries()) {
    const own = found[i] ?? 0;
    if (own > part) return;
    if (!(own === part)) throw tooOld(version);
  }
}

function tooOld(version: string): StoreError {
  return new StoreError(
    "sqlite_too_old",
    `SQLite ${version} is too old: ${requiredSqlite} or newer is needed, since older ones can corrupt the file`,
  );
}
