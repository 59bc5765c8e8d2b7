import type { Database } from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LlmUsageTable } from "../src/llm-usage-table.js";
import { columnsOf, declareRecord, type RecordDeclaration, type TableName } from "../src/record.js";
import { recordKinds, records } from "../src/records.js";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { migrate } from "../src/sqlite/file/migration.js";
import { sumColumns } from "../src/usage-measure.js";

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
}

let db: Database;
beforeAll(() => {
  db = new (loadDriver())(":memory:");
  migrate(db, ":memory:");
});
afterAll(() => db.close());

const tables = [
  ...new Set(
    recordKinds.flatMap((kind) => records[kind].list.flatMap(({ columns }) => Object.keys(columns))),
  ),
] as TableName[];

/** Columns that are no field of a record: SQLite's row number, and what joins two tables. */
const keys = ["id", "usage_id", "metric_id"];

/** What loggers of the Python era write; our rows leave it null. */
const theirs: Record<string, string> = { cost_usd: "llm_usage" };

function migrated(table: string): Record<string, string> {
  const columns = db.pragma(`table_info(${table})`) as ColumnInfo[];
  return Object.fromEntries(
    columns
      .filter(({ name }) => !keys.includes(name) && theirs[name] !== table)
      .map(({ name, type, notnull }) => [name, notnull === 1 ? `${type} NOT NULL` : type]),
  );
}

test.each(tables)("%s has the columns that the records declare, with their types, and no other", (table) => {
  const declared = recordKinds.flatMap((kind) => columnsOf(records[kind], table));
  expect(Object.fromEntries(declared.map(({ column, definition }) => [column, definition]))).toEqual(
    migrated(table),
  );
});

test("the rollup of usage has a column for each declared total, and one for the histogram of latencies", () => {
  const names = Object.keys(migrated("monitor_usage_hours"));
  expect(
    [
      "channel",
      "bucket_ms",
      "model",
      "feature",
      ...sumColumns.map(({ column }) => column),
      "latency_bins",
    ].sort(),
  ).toEqual(names.sort());
});

test("only what may be null has a column that may be, and the other way round", () => {
  for (const kind of recordKinds) {
    const record: RecordDeclaration<unknown> = records[kind];
    for (const { name, nullable = false, unset, columns } of record.list) {
      for (const definition of Object.values(columns)) {
        expect(definition.endsWith("NOT NULL"), `${kind}.${name}`).toBe(!nullable || unset !== undefined);
      }
    }
  }
});

test("a field that reads another field, or a column by a wrong name, does not compile", () => {
  const record = declareRecord("some", {
    one: { kind: "count", columns: {}, get: (row) => row.one },
    // @ts-expect-error: it is named `other`.
    other: { kind: "count", columns: {}, get: (row) => row.one },
  });
  expect(record.list.map(({ name }) => name)).toEqual(["one", "other"]);
  const { columns } = new LlmUsageTable(1);
  // @ts-expect-error: that is its name on the wire.
  expect(columns.tokens_in).toBeUndefined();
  expect(columns.tokensIn.field).toBe("tokensIn");
});
