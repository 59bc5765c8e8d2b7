/**
 * Every code a `StoreError` can carry. The list is closed and its names are stable: callers decide
 * by the code, the README has one row for each, and the tests assert codes, never wording.
 */
export const storeErrorCodes = [
  "unknown_scheme",
  "reserved_scheme",
  "invalid_option",
  "invalid_batch",
  "invalid_query",
  "is_directory",
  "not_a_database",
  "foreign_database",
  "cannot_open",
  "read_only",
  "newer_file",
  "migration_mismatch",
  "needs_migration",
  "sqlite_unavailable",
  "sqlite_too_old",
  "busy",
  "disk_full",
  "corrupt",
  "io_error",
  "refused",
  "lost",
  "in_use",
  "overloaded",
  "closed",
  "unsupported",
  "invalid_path",
  "would_overwrite",
  "backup_failed",
  "thread_failed",
] as const;

export type StoreErrorCode = (typeof storeErrorCodes)[number];

/**
 * The one error class of this package. `cause` is the underlying error of SQLite or the system, if
 * there was one.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An error as it crosses a thread: a structured clone keeps neither class nor code. */
export interface ErrorNote {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly cause?: string;
}

/**
 * Anything that is no `StoreError` is a fault of this package or of the machine: `fallback` says
 * which kind.
 */
export function noteFromError(error: unknown, fallback: StoreErrorCode = "thread_failed"): ErrorNote {
  if (error instanceof StoreError) {
    const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
    return { code: error.code, message: error.message, ...cause };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: fallback, message };
}

export function errorFromNote({ code, message, cause }: ErrorNote): StoreError {
  return new StoreError(code, message, cause === undefined ? undefined : { cause: new Error(cause) });
}
