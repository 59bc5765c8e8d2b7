import { type NumberColumn, TextColumn } from "../column.js";
import type { FieldKind, NamedField, RecordDeclaration } from "../record.js";
import type { RecordTable } from "../record-table.js";
import { boolArray, float8Array, int8Array, textArray, timestampArray } from "./binary-array.js";

/** A column of a record in PostgreSQL; name, type and null rule follow from the declaration. */
export interface PostgresColumn {
  readonly field: NamedField;
  readonly column: string;
  readonly type: PostgresType;
  readonly isNullable: boolean;
}

export type PostgresType = "text" | "bigint" | "float8" | "timestamptz" | "boolean";

const types: Readonly<Record<FieldKind, PostgresType>> = {
  text: "text",
  status: "text",
  count: "bigint",
  amount: "float8",
  signed: "float8",
  fraction: "float8",
  time: "timestamptz",
  flag: "boolean",
};

/**
 * The columns of a record, in the order of its fields: one table has them all, unlike in SQLite.
 */
export function postgresColumns(record: RecordDeclaration<unknown>): PostgresColumn[] {
  return record.list.flatMap((field): PostgresColumn[] => {
    const [own] = Object.values(field.columns);
    if (own === undefined) return [];
    const [name = ""] = own.split(" ");
    const isNullable = field.nullable === true && field.unset === undefined;
    const column = field.kind === "time" ? name.replace(/_ms$/, "") : name;
    return [{ field, column, type: types[field.kind], isNullable }];
  });
}

/** A name in SQL: some of the columns are called as words of SQL are. */
export const quoted = (name: string) => `"${name}"`;

const encoders = { bigint: int8Array, float8: float8Array, timestamptz: timestampArray, boolean: boolArray };

/** One column of some rows of a table as a binary parameter. */
export function encodeColumn(
  { field, type }: PostgresColumn,
  { list }: Pick<RecordTable<unknown>, "list">,
  rows: readonly number[],
): Buffer {
  const cells = list.find((one) => one.field === field.name);
  const { length } = rows;
  if (cells instanceof TextColumn) return textArray({ length, at: (row) => cells.at(rows[row] as number) });
  const numberAt = (row: number) => {
    const value = (cells as NumberColumn).numberAt(rows[row] as number);
    return Number.isNaN(value) ? (field.unset ?? value) : value;
  };
  return type === "text" ? textArray({ length, at: () => null }) : encoders[type]({ length, numberAt });
}

/** How a column is read: numbers as doubles, exact to 2^53; times as Unix milliseconds. */
export function selected({ column, type }: PostgresColumn, alias: string): string {
  const name = `${alias}.${quoted(column)}`;
  if (type === "bigint") return `${name}::float8`;
  if (type === "timestamptz") return msOf(name);
  return name;
}

/** A time of SQL in Unix milliseconds. */
export const msOf = (time: string) => `(extract(epoch FROM ${time}) * 1000)::float8`;
