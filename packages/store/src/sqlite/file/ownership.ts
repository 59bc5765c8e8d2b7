import type { Database } from "better-sqlite3";
import { StoreError } from "../../error.js";
import { oldColumns } from "./schema.js";

interface ColumnInfo {
  readonly name: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
}

/**
 * Throws `foreign_database` when the file is somebody else's, before anything is written to it: it
 * has tables, but none of ours; or one of ours that lacks a column, or demands one that we do not
 * write.
 */
export function assertOurs(db: Database, path: string): void {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  const known = tables.filter((name) => Object.hasOwn(oldColumns, name));
  const foreign = tables.filter((name) => !name.startsWith("sqlite_"));
  if (foreign.length > 0 && known.length === 0 && !tables.includes("monitor_migrations")) {
    throw new StoreError(
      "foreign_database",
      `${path} is a database of something else (it has ${foreign.slice(0, 3).join(", ")}); it was left as it is`,
    );
  }
  for (const table of known) assertColumns(db, path, table);
}

/** Whether there is anything of ours, or of the Python monitor's, in the file. */
export function hasOurTables(db: Database): boolean {
  const names = [...Object.keys(oldColumns), "monitor_migrations"];
  const marks = names.map(() => "?").join(", ");
  return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name IN (${marks})`).get(...names) !== undefined;
}

function assertColumns(db: Database, path: string, table: string): void {
  const columns = db.pragma(`table_info(${table})`) as ColumnInfo[];
  const wanted = oldColumns[table] ?? [];
  const missing = wanted.filter((name) => !columns.some((column) => column.name === name));
  const demanded = columns.filter(
    ({ name, notnull, dflt_value, pk }) =>
      notnull === 1 && dflt_value === null && pk === 0 && !wanted.includes(name),
  );
  if (missing.length === 0 && demanded.length === 0) return;
  const lacks = missing.length > 0 ? ` lacks ${missing.join(", ")}` : "";
  const needs = demanded.length > 0 ? ` demands ${demanded.map(({ name }) => name).join(", ")}` : "";
  throw new StoreError("foreign_database", `${path}: table ${table}${lacks}${needs}; it was left as it is`);
}
