import { Database } from "../store/driver.js";

/** What one row takes: its own page, and that of every index over it. */
export interface RowBytes {
  readonly rows: number;
  readonly bytesPerRow: number;
}

/**
 * Reads a closed database: how many rows a table has, and what one takes on average. `more` are
 * tables that hold a part of the same row.
 */
export function rowBytesIn(path: string, table: string, more: readonly string[] = []): RowBytes {
  const db = new Database(path, { readonly: true });
  try {
    const tables = [table, ...more];
    const names = db
      .prepare<string[], { name: string }>(
        `SELECT name FROM sqlite_schema WHERE tbl_name IN (${tables.map(() => "?").join()})`,
      )
      .all(...tables)
      .map(({ name }) => name);
    const pages = db
      .prepare<string[], { bytes: number }>(
        `SELECT sum(pgsize) AS bytes FROM dbstat WHERE name IN (${names.map(() => "?").join()})`,
      )
      .get(...names);
    const found = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get();
    const rows = found?.n ?? 0;
    if (rows === 0) throw new RangeError(`${table} has no rows`);
    return { rows, bytesPerRow: (pages?.bytes ?? 0) / rows };
  } finally {
    db.close();
  }
}
