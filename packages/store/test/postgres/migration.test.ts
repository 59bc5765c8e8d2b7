import { PostgresServer, postgresVersions } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migratePostgres } from "../../src/postgres/migration.js";
import { openPostgresStore } from "../../src/postgres/postgres-store.js";
import { postgresColumns } from "../../src/postgres/record-columns.js";
import { postgresMigrations } from "../../src/postgres/schema.js";
import { records } from "../../src/records.js";
import { sumColumns } from "../../src/usage-measure.js";
import { Schemas } from "./schemas.js";

const tables = {
  bots: "bots",
  statusChanges: "status_history",
  botMetrics: "bot_metrics",
  llmUsage: "llm_usage",
  prices: "prices",
  customMetrics: "custom_metrics",
  alerts: "alerts",
  tells: "tells",
  notices: "notices",
  silences: "silences",
  facts: "facts",
} as const;
const typeNames: Readonly<Record<string, string>> = {
  float8: "double precision",
  timestamptz: "timestamp with time zone",
};
const next = (additive: boolean) => {
  const version = postgresMigrations.length + 1;
  const step = { version, name: "next", sql: "CREATE TABLE next (n int)", additive, needs: "9.9.9" };
  return [...postgresMigrations, step];
};

describe.skipIf(PostgresServer.missing("newest") !== null).each(postgresVersions)(
  "the %s PostgreSQL",
  (version) => {
    let schemas: Schemas;
    beforeAll(async () => {
      schemas = await Schemas.start(version);
    });
    afterAll(() => schemas[Symbol.asyncDispose]());

    test("is migrated once by twenty that start at once [fleet/R19]", async () => {
      const url = schemas.make();
      const links = Array.from({ length: 20 }, () => schemas.link(url));
      const applied = await Promise.all(links.map((link) => migratePostgres(link)));
      expect(applied.flat()).toEqual(postgresMigrations.map((step) => step.version));
      await Promise.all(links.map((link) => link.close()));
    });

    test("goes on beside a newer version that only added, and refuses one that changed more [fleet/R19]", async () => {
      const link = schemas.link(schemas.make());
      expect(await migratePostgres(link, next(true))).toEqual(next(true).map((step) => step.version));
      expect(await migratePostgres(link)).toEqual([]);
      const other = schemas.link(schemas.make());
      await migratePostgres(other, next(false));
      await expect(migratePostgres(other)).rejects.toMatchObject({
        code: "newer_file",
        message: expect.stringContaining("@kissbot/store 9.9.9 or newer"),
      });
    });

    test("refuses a step that was applied with another text, and changes nothing", async () => {
      const link = schemas.link(schemas.make());
      await migratePostgres(link);
      const changed = postgresMigrations.map((step) => ({ ...step, sql: `${step.sql} ` }));
      await expect(migratePostgres(link, changed)).rejects.toMatchObject({ code: "migration_mismatch" });
      await expect(migratePostgres(link)).resolves.toEqual([]);
    });

    test("leaves nothing of a step that fails", async () => {
      const link = schemas.link(schemas.make());
      const broken = [
        ...postgresMigrations,
        { ...(next(true).at(-1) as (typeof postgresMigrations)[number]), sql: "NO" },
      ];
      await expect(migratePostgres(link, broken)).rejects.toThrow();
      const rows = await link.rows("SELECT 1 FROM pg_namespace WHERE nspname = $1", [link.url.schema]);
      expect(rows).toEqual([]);
    });

    test("says what to do where this user may not create tables", async () => {
      const url = schemas.make();
      const admin = schemas.link(url);
      const role = `guest_${version}`;
      await admin.script(`CREATE ROLE ${role} LOGIN; REVOKE CREATE ON DATABASE postgres FROM public`);
      await expect(openPostgresStore(url.replace("//postgres@", `//${role}@`))).rejects.toMatchObject({
        code: "needs_migration",
        message: expect.stringContaining("connect once as their owner"),
      });
    });

    test("has the columns that the records declare", async () => {
      const link = schemas.link(schemas.make());
      await migratePostgres(link);
      const rows = await link.rows<{
        table_name: string;
        column_name: string;
        data_type: string;
        is_nullable: string;
      }>(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = $1",
        [link.url.schema],
      );
      const columnsOf = (table: string) =>
        rows
          .filter((row) => row.table_name === table)
          .map((row) => [row.column_name, row.data_type, row.is_nullable === "YES"])
          .sort();
      for (const [kind, table] of Object.entries(tables)) {
        const declared = postgresColumns(records[kind as keyof typeof tables]).map(
          ({ column, type, isNullable }) => [column, typeNames[type] ?? type, isNullable],
        );
        const own = columnsOf(table).filter(([name]) => name !== "host_no" && name !== "id");
        expect(own, table).toEqual(declared.sort());
      }
      const sums = columnsOf("usage_hours").filter(([name]) =>
        sumColumns.some(({ column }) => column === name),
      );
      expect(sums).toEqual(
        sumColumns
          .map(({ column, raw }) => [column, raw === "count" ? "bigint" : "double precision", false])
          .sort(),
      );
    });
  },
);
