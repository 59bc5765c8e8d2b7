/**
 * What to do about an error of PostgreSQL. `retry`: the same again, on a new connection.
 * `next_host`: this one cannot be written to. `hopeless`: until somebody changes something.
 * `poison`: a row that the database does not take.
 */
export type Remedy = "retry" | "next_host" | "hopeless" | "poison";

const byCode: Readonly<Record<string, Remedy>> = {
  // A demoted primary, or a standby.
  "25006": "next_host",
  // Its administrator stopped it, or it is starting.
  "57P01": "retry",
  "57P02": "retry",
  "57P03": "retry",
  // Out of locks or of time: another try may find them.
  "55P03": "retry",
  // Names that are not there; rights that are not there.
  "42501": "hopeless",
  "42P01": "hopeless",
  "42703": "hopeless",
  "42883": "hopeless",
  "3F000": "hopeless",
  // No such database; no such user or password.
  "3D000": "hopeless",
  "28000": "hopeless",
  "28P01": "hopeless",
};

/** 54: past a limit, as a key that has no room in an index. */
const byClass: Readonly<Record<string, Remedy>> = {
  "22": "poison",
  "23": "poison",
  "42": "hopeless",
  "54": "poison",
};

const checkViolation = "23514";
/** Ends the name of a check that stands while a partition is made: its rows belong there. */
export const notHere = "_not_here";

/**
 * The partition of a row was made while its statement waited for the rest, where the row no longer
 * belongs. The same statement finds the partition. A check that somebody else added has a name.
 */
export function isPartitionMade(error: unknown): boolean {
  const { constraint } = (error ?? {}) as { constraint?: string };
  return sqlStateOf(error) === checkViolation && (constraint === undefined || constraint.endsWith(notHere));
}

/** By the SQLSTATE of an error; what has none, as a broken connection, is worth another try. */
export function remedyFor(error: unknown): Remedy {
  const code = sqlStateOf(error);
  if (code === null || isPartitionMade(error)) return "retry";
  return byCode[code] ?? byClass[code.slice(0, 2)] ?? "retry";
}

export function sqlStateOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}
