import type { Database } from "better-sqlite3";

type Value = string | number;

/**
 * Inserts rows, many per statement, and returns the id of the last one. `fill` writes the values of
 * row `i` into `values`, starting at `at`.
 */
export function insertOf(
  db: Database,
  table: string,
  columns: readonly string[],
): (rows: number, fill: (values: (Value | null)[], at: number, i: number) => void) => number;
