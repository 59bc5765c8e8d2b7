import { PostgresServer } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFleetDatabase, type FleetFinding } from "../../src/fleet/database-check.js";
import { migratePostgres } from "../../src/postgres/migration.js";
import { ensurePartitions } from "../../src/postgres/partition.js";
import { postgresMigrations } from "../../src/postgres/schema.js";
import { hasPooler, Pooler } from "../postgres/pooler.js";
import { Schemas } from "../postgres/schemas.js";

const levelsOf = (findings: readonly FleetFinding[]) =>
  Object.fromEntries(findings.map(({ check, level }) => [check, level]));
const allOk = {
  reach: "ok",
  tls: "ok",
  password: "ok",
  version: "ok",
  writable: "ok",
  pooler: "ok",
  clock: "ok",
  schema: "ok",
  rights: "ok",
  partitions: "ok",
  leader: "ok",
  connections: "ok",
};

test("a URL that is none is refused before anything is asked", async () => {
  await expect(checkFleetDatabase("mysql://u@h/d")).rejects.toMatchObject({ code: "invalid_option" });
});

test("a port where nobody listens is named, with what to do", async () => {
  const [only, ...others] = await checkFleetDatabase("postgres://u:secret@127.0.0.1:1/d");
  expect(only).toMatchObject({
    check: "reach",
    level: "fail",
    found: expect.stringContaining("postgres://u@127.0.0.1:1/d: "),
    advice: expect.stringContaining("listen_addresses"),
  });
  expect(others).toEqual([]);
});

describe.skipIf(PostgresServer.missing("newest") !== null)("the check of a fleet database", () => {
  let schemas: Schemas;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterAll(async () => {
    await schemas[Symbol.asyncDispose]();
  });

  test("changes nothing in an empty one, and says how its tables are made", async () => {
    const url = schemas.make();
    const findings = await checkFleetDatabase(url);
    const { rights: _, partitions: __, leader: ___, ...empty } = allOk;
    expect(levelsOf(findings)).toEqual({ ...empty, schema: "warn" });
    const advice = findings.find(({ check }) => check === "schema")?.advice;
    expect(advice).toContain("kissbot-monitor hosts migrate");
    const link = schemas.link(url);
    expect(await link.rows("SELECT 1 FROM pg_namespace WHERE nspname = $1", [link.url.schema])).toEqual([]);
  });

  test("finds nothing to do in one that is set up", async () => {
    const url = schemas.make();
    const link = schemas.link(url);
    await migratePostgres(link);
    expect(levelsOf(await checkFleetDatabase(url))).toEqual({ ...allOk, partitions: "warn" });
    await ensurePartitions(link, Date.now());
    const findings = await checkFleetDatabase(url);
    expect(levelsOf(findings)).toEqual(allOk);
    expect(findings.every(({ advice }) => advice === null)).toBe(true);
  });

  test("says who leads, and warns where a host is up and nobody does", async () => {
    const url = schemas.make();
    const link = schemas.link(url);
    await migratePostgres(link);
    const { schema } = link.url;
    const leader = async () => (await checkFleetDatabase(url)).find(({ check }) => check === "leader");
    expect(await leader()).toMatchObject({ level: "ok", found: expect.stringMatching(/^nobody: /) });
    await link.script(
      `INSERT INTO ${schema}.hosts (host_id, name, state, state_seq, bots_version, connected_at, seen_at)
 VALUES (gen_random_uuid(), 'first', 'up', 0, 0, now() - interval '1 hour', now())`,
    );
    expect(await leader()).toMatchObject({
      level: "warn",
      found: expect.stringMatching(/^nobody: /),
      advice: expect.stringContaining("--no-fleet-lead"),
    });
    await link.script(
      `INSERT INTO ${schema}.lease (name, holder, host_no, token, since, expires_at, hub_name, hub_token)
 VALUES ('leader', gen_random_uuid(), 0, 7, now(), now() + interval '1 hour', 'the hub', 7)`,
    );
    expect(await leader()).toMatchObject({ level: "ok", found: "the hub the hub leads the hosts" });
    await link.script(`UPDATE ${schema}.lease SET token = 8`);
    expect(await leader()).toMatchObject({ level: "ok", found: "a hub leads the hosts" });
    await link.script(`UPDATE ${schema}.lease SET host_no = (SELECT host_no FROM ${schema}.hosts)`);
    expect(await leader()).toMatchObject({ level: "ok", found: "the monitor of first leads the hosts" });
  });

  test.skipIf(!hasPooler)("sees a pooler by transaction", async () => {
    await using pooler = await Pooler.start(schemas.server, 4);
    const url = `postgres://${schemas.server.user}@127.0.0.1:${pooler.port}/postgres`;
    const findings = await checkFleetDatabase(url);
    expect(findings.find(({ check }) => check === "pooler")).toEqual({
      check: "pooler",
      level: "ok",
      found: "a pooler by transaction, which is all that is needed",
      advice: null,
    });
  });

  test("names a wrong password without showing it, one that is missing, and a database that is not there", async () => {
    const { port } = schemas.server;
    for (const [url, check] of [
      [schemas.byTcp([port], "kissbot", "wrong_secret"), "password"],
      [schemas.server.url().replace("postgres@", "nobody_known@"), "password"],
      [schemas.url("kissbot").replace("/postgres?", "/absent?"), "database"],
    ] as const) {
      const findings = await checkFleetDatabase(url);
      expect(levelsOf(findings), url).toEqual({ [check]: "fail" });
      expect(JSON.stringify(findings)).not.toContain("wrong_secret");
    }
  });

  test("names a server that answers no TLS where that is asked for", async () => {
    const url = `${schemas.byTcp([schemas.server.port])}&sslmode=verify-full`;
    expect(await checkFleetDatabase(url)).toEqual([
      expect.objectContaining({ check: "tls", level: "fail", advice: expect.stringContaining("ssl") }),
    ]);
  });

  test("names a server that is read only, and who may not write", async () => {
    const url = schemas.make();
    const link = schemas.link(url);
    await migratePostgres(link);
    const { schema } = link.url;
    await link.script(
      `CREATE ROLE ${schema}_guest LOGIN; CREATE ROLE ${schema}_frozen LOGIN SUPERUSER;
 ALTER ROLE ${schema}_frozen SET default_transaction_read_only = on`,
    );
    const as = (role: string) => url.replace("//postgres@", `//${schema}_${role}@`);
    expect(levelsOf(await checkFleetDatabase(as("frozen")))).toMatchObject({ writable: "fail" });
    expect(levelsOf(await checkFleetDatabase(as("guest")))).toMatchObject({ rights: "fail" });
    await link.script(`GRANT USAGE ON SCHEMA ${schema} TO ${schema}_guest;
 GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${schema}_guest`);
    expect(levelsOf(await checkFleetDatabase(as("guest")))).toMatchObject({ schema: "ok", rights: "warn" });
    await link.script(`REVOKE SELECT ON ${schema}.bots FROM ${schema}_guest`);
    const rights = (await checkFleetDatabase(as("guest"))).find(({ check }) => check === "rights");
    expect(rights).toMatchObject({ level: "fail", found: expect.stringContaining("SELECT on bots") });
  });

  test("names the version that newer tables need", async () => {
    const url = schemas.make();
    const link = schemas.link(url);
    const version = (postgresMigrations.at(-1)?.version ?? 0) + 1;
    const newer = {
      version,
      name: "next",
      sql: "CREATE TABLE next (n int)",
      additive: false,
      needs: "9.9.9",
    };
    await migratePostgres(link, [...postgresMigrations, newer]);
    const schema = (await checkFleetDatabase(url)).find(({ check }) => check === "schema");
    expect(schema).toMatchObject({
      level: "fail",
      found: expect.stringContaining("9.9.9"),
      advice: "update kissbot-monitor on this host",
    });
  });

  test("warns where few connections are free", async () => {
    await using small = await PostgresServer.start({ settings: { max_connections: "7" } });
    const url = `postgres://${small.user}@/postgres?host=${encodeURIComponent(small.folder)}&port=${small.port}`;
    const finding = (await checkFleetDatabase(url)).find(({ check }) => check === "connections");
    expect(finding).toMatchObject({
      level: "warn",
      found: expect.stringMatching(/^\d of 4 connections are free$/),
    });
  });
});
