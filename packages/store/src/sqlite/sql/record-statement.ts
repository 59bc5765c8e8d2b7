import { columnsOf, type RecordDeclaration, type TableName } from "../../record.js";

/**
 * The columns of a record in a table, for a SELECT. A file that is only read may be older than we
 * are: what it has no column for is null.
 */
export function selectList(
  record: RecordDeclaration<unknown>,
  table: TableName,
  { hasColumn }: { readonly hasColumn: (table: string, column: string) => boolean },
): string {
  return columnsOf(record, table)
    .map(({ column }) => (hasColumn(table, column) ? column : `NULL AS ${column}`))
    .join(", ");
}

/**
 * An INSERT of one row that takes the place of the row with the same key: a column, or several with
 * commas between.
 */
export function upsertOf(record: RecordDeclaration<unknown>, table: TableName, key: string): string {
  const names = columnsOf(record, table).map(({ column }) => column);
  const marks = names.map(() => "?").join(", ");
  const keys = key.split(", ");
  const changes = names.filter((name) => !keys.includes(name)).map((name) => `${name} = excluded.${name}`);
  return `INSERT INTO ${table} (${names.join(", ")}) VALUES (${marks}) ON CONFLICT (${key}) DO UPDATE SET ${changes.join(", ")}`;
}

/** An INSERT of one row that leaves the row with the same key as it is. */
export function insertIfAbsent(record: RecordDeclaration<unknown>, table: TableName, key: string): string {
  const names = columnsOf(record, table).map(({ column }) => column);
  const marks = names.map(() => "?").join(", ");
  return `INSERT INTO ${table} (${names.join(", ")}) VALUES (${marks}) ON CONFLICT (${key}) DO NOTHING`;
}

/**
 * A row of `selectList` by the names of the fields: a flag as a boolean, a timestamp as its text.
 */
export function rowFrom(
  record: RecordDeclaration<unknown>,
  table: TableName,
): (values: readonly unknown[]) => Record<string, unknown> {
  const columns = columnsOf(record, table);
  return (values) =>
    Object.fromEntries(
      columns.map(({ field: { name, kind } }, i) => [name, kind === "flag" ? flagOf(values[i]) : values[i]]),
    );
}

function flagOf(value: unknown): boolean | null {
  return value === null ? null : value === 1;
}
