import { randomUUID } from "node:crypto";
import { PostgresServer, postgresVersions, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFleetDatabase } from "../../src/fleet/database-check.js";
import { fleetRolesSql } from "../../src/fleet/fleet-roles.js";
import { packBatch } from "../../src/packed-batch.js";
import {
  defaultFleetRetention,
  readFleetRetention,
  writeFleetRetention,
} from "../../src/postgres/fleet-retention.js";
import type { Link } from "../../src/postgres/link.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { ensurePartitions } from "../../src/postgres/partition.js";
import { keepFleetDatabase } from "../../src/postgres/upkeep.js";
import { numbered } from "../plain-monitor.js";
import { Schemas } from "../postgres/schemas.js";
import { botRow, customRows, metricRows, usageRows } from "../rows.js";
import { numbersIn, SendingHost } from "./sending-host.js";

test("the SQL of the roles holds no password, and quotes what the URL names", () => {
  const sql = fleetRolesSql("postgres://me:secret@h/my%22db?schema=fleet");
  expect(sql).not.toContain("secret");
  expect(sql).toContain(
    'GRANT CONNECT ON DATABASE "my""db" TO "fleet_owner", "fleet_writer", "fleet_reader";',
  );
  const long = `postgres://me@h/d?schema=${"s".repeat(60)}`;
  expect(() => fleetRolesSql(long)).toThrow(expect.objectContaining({ code: "invalid_option" }));
});

describe.each(postgresVersions)("PostgreSQL, the %s", (version) => {
  describe.skipIf(PostgresServer.missing(version) !== null)("with the roles that are printed", () => {
    let schemas: Schemas;
    beforeAll(async () => {
      schemas = await Schemas.start(version);
    });
    afterAll(async () => {
      await schemas[Symbol.asyncDispose]();
    });

    /** As on a managed server: its administrator may make roles and databases, and nothing more. */
    async function managedDatabase(): Promise<{ admin: string; as: (role: string) => string }> {
      const name = `fleet_${randomUUID().slice(0, 8)}`;
      const server = schemas.link(schemas.url("kissbot"));
      await server.rows(`CREATE ROLE ${name}_admin LOGIN CREATEROLE CREATEDB`);
      await server.rows(`CREATE DATABASE ${name} OWNER ${name}_admin`);
      const { folder, port } = schemas.server;
      const as = (role: string) =>
        `postgres://${role}@/${name}?host=${encodeURIComponent(folder)}&port=${port}&schema=${name}`;
      return { admin: as(`${name}_admin`), as: (role) => as(`${name}_${role}`) };
    }

    async function prepared(): Promise<{ owner: Link; writer: Link; reader: Link; admin: Link }> {
      const { admin, as } = await managedDatabase();
      const link = schemas.link(admin);
      for (let i = 0; i < 2; i++) {
        await link.script(fleetRolesSql(admin));
        if (i === 0) await migratePostgres(schemas.link(as("owner")));
      }
      const [owner, writer, reader] = ["owner", "writer", "reader"].map((role) => schemas.link(as(role)));
      return { owner, writer, reader, admin: link } as {
        owner: Link;
        writer: Link;
        reader: Link;
        admin: Link;
      };
    }

    test("takes all rows of a host from the least of them, which may forget and delete, but change no table [fleet/R27]", async () => {
      using folder = new TemporaryFolder("store");
      const { owner, writer, admin } = await prepared();
      await ensurePartitions(owner, Date.now() - 86_400_000);
      using host = new SendingHost(folder.file("kissbot_monitor.db"), writer);
      const change = {
        tsMs: 1,
        channel: "a",
        pid: 7,
        from: null,
        to: "online",
        cause: "registered",
      } as const;
      const oldMs = Date.now() - 40 * 86_400_000;
      const bots = [botRow({ channel: "a" }), botRow({ channel: "b" })];
      const rows = {
        bots,
        statusChanges: [change],
        llmUsage: usageRows(1_000, { tsMs: oldMs }),
        customMetrics: customRows(500).map((row) => ({ ...row, tsMs: oldMs })),
        botMetrics: metricRows(300),
      };
      host.monitor.open().commitBatches([packBatch(numbered(rows))]);
      await host.drain();
      host.monitor.open().commitBatches([packBatch({ ...numbered({}), forgotten: ["b"] })]);
      await host.drain();
      expect(host.errors).toEqual([]);
      const { schema } = writer.url;
      const counts = ["llm_usage", "custom_metrics", "status_history", "bots"];
      const found = await Promise.all(
        counts.map((table) => numbersIn(writer, `count(*) FROM ${schema}.${table}`)),
      );
      expect(found.flat()).toEqual([1_000, 500, 1, 1]);

      await writeFleetRetention(writer, { usageDays: 1, hourDays: null });
      expect(await readFleetRetention(writer)).toEqual({
        ...defaultFleetRetention,
        usageDays: 1,
        hourDays: null,
      });
      const report = await keepFleetDatabase(writer);
      expect(report.partitions, "it owns no table").toEqual([]);
      expect(report.deleted).toMatchObject({ llmUsage: 1_000, customMetrics: 500, statusChanges: 1 });
      expect((await checkFleetDatabase(urlOf(writer))).filter(({ level }) => level === "fail")).toEqual([]);

      for (const forbidden of [
        `CREATE TABLE ${schema}.own (n int)`,
        `ALTER TABLE ${schema}.bots ADD COLUMN own int`,
        `DROP TABLE ${schema}.bots`,
        `TRUNCATE ${schema}.bots`,
        `DELETE FROM ${schema}.migrations`,
        `INSERT INTO ${schema}.migrations (version, name, checksum, additive, needs) VALUES (99, '', '', false, '')`,
      ])
        await expect(writer.rows(forbidden), forbidden).rejects.toMatchObject({ code: "42501" });
      expect(await numbersIn(admin, `count(*) FROM ${schema}.migrations`)).not.toEqual([0]);
    });

    test("lets the reader read every table, and write to none", async () => {
      const { owner, reader } = await prepared();
      const { schema } = reader.url;
      const tables = await owner.rows<{ name: string }>(
        "SELECT c.relname AS name FROM pg_class AS c WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p')",
        [schema],
      );
      expect(tables.length).toBeGreaterThan(15);
      for (const { name } of tables) await reader.rows(`SELECT count(*) FROM ${schema}.${name}`);
      await expect(reader.rows(`DELETE FROM ${schema}.bots`)).rejects.toMatchObject({ code: "42501" });
      await expect(migratePostgres(reader)).resolves.toEqual([]);
    });
  });
});

/** The URL that a link was made with: these have no password. */
function urlOf({ url: { hosts, user, database, schema } }: Link): string {
  const [place] = hosts;
  return `postgres://${user}@/${database}?host=${encodeURIComponent(place?.host ?? "")}&port=${place?.port}&schema=${schema}`;
}
