import type { RecordDeclaration } from "../record.js";
import type { RecordTable } from "../record-table.js";
import type { records } from "../records.js";
import { float8Array, int8Array, textArray, timestampArray } from "./binary-array.js";
import { encodeColumn, postgresColumns, quoted } from "./record-columns.js";
import type { Statement } from "./statement.js";

export type Table<Kind extends keyof typeof records> = RecordTable<(typeof records)[Kind]["fields"]>;

export type AnyTable = RecordTable<unknown>;

/** Appends rows in their order. */
export function addRows(statement: Statement, name: string, table: AnyTable | undefined): void {
  if (table === undefined || table.length === 0) return;
  const { columns, source } = unnest(statement, table, everyRow(table));
  statement.add(
    `${name}_rows`,
    `INSERT INTO ${statement.name(name)} (host_no, ${columns}) SELECT moved.host_no, x.* FROM moved, ${source}`,
  );
}

/** Of each key its last row replaces what is stored; or its first is stored if there is none. */
export function addNewest(
  statement: Statement,
  name: string,
  table: AnyTable,
  keys: readonly string[],
  which: "first" | "last",
): void {
  if (table.length === 0) return;
  const columns = postgresColumns(table.record as RecordDeclaration<unknown>).filter(({ column }) =>
    keys.includes(column),
  );
  const cells = columns.map(({ field }) => table.list.find((one) => one.field === field.name));
  const keyOf = (row: number) =>
    JSON.stringify(
      cells.map((cell) => (cell === undefined ? null : "at" in cell ? cell.at(row) : cell.numberAt(row))),
    );
  const rows = chosenRows(table.length, keyOf, which);
  addUpsert(statement, name, table, rows, keys, {}, which === "first");
}

export function addUpsert(
  statement: Statement,
  name: string,
  table: AnyTable,
  rows: readonly number[],
  keys: readonly string[],
  instead: Readonly<Record<string, Buffer>>,
  isOld = false,
): void {
  const { columns, source, list } = unnest(statement, table, rows, instead);
  const updates = list
    .filter((column) => !keys.includes(column))
    .map((column) => `${quoted(column)} = excluded.${quoted(column)}`);
  const target = ["host_no", ...keys.map(quoted)].join(", ");
  statement.add(
    `${name}_rows`,
    `INSERT INTO ${statement.name(name)} (host_no, ${columns}) SELECT moved.host_no, x.* FROM moved, ${source}
 ON CONFLICT (${target}) DO ${isOld ? "NOTHING" : `UPDATE SET ${updates.join(", ")}`}`,
  );
}

function unnest(
  statement: Statement,
  table: AnyTable,
  rows: readonly number[],
  instead: Readonly<Record<string, Buffer>> = {},
): { readonly columns: string; readonly source: string; readonly list: readonly string[] } {
  const own = postgresColumns(table.record);
  const values = own.map((one) =>
    statement.value(instead[one.column] ?? encodeColumn(one, table, rows), `${one.type}[]`),
  );
  const list = own.map(({ column }) => column);
  const columns = list.map(quoted).join(", ");
  return { columns, source: `unnest(${values.join(", ")}) AS x (${columns})`, list };
}

function everyRow({ length }: AnyTable): number[] {
  return Array.from({ length }, (_, row) => row);
}

export function chosenRows(
  length: number,
  keyOf: (row: number) => string,
  which: "first" | "last",
): number[] {
  const chosen = new Map<string, number>();
  for (let row = 0; row < length; row++) {
    const key = keyOf(row);
    if (which === "last" || !chosen.has(key)) chosen.set(key, row);
  }
  return [...chosen.values()];
}

export function texts<Row>(rows: readonly Row[], of: (row: Row) => string): Buffer {
  return textArray({ length: rows.length, at: (i) => of(rows[i] as Row) });
}

export function counts<Row>(rows: readonly Row[], of: (row: Row) => number): Buffer {
  return int8Array({ length: rows.length, numberAt: (i) => of(rows[i] as Row) });
}

export function amounts<Row>(rows: readonly Row[], of: (row: Row) => number): Buffer {
  return float8Array({ length: rows.length, numberAt: (i) => of(rows[i] as Row) });
}

export function timestamps<Row>(rows: readonly Row[], of: (row: Row) => number): Buffer {
  return timestampArray({ length: rows.length, numberAt: (i) => of(rows[i] as Row) });
}
