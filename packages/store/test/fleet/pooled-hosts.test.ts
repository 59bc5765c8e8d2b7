import { PostgresServer, TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { hasPooler, Pooler } from "../postgres/pooler.js";
import { Schemas } from "../postgres/schemas.js";
import { numbersIn, SendingHost } from "./sending-host.js";

const hostCount = 20;
const connections = 2;
const user = "plain";

test.skipIf(!hasPooler || PostgresServer.missing("newest") !== null)(
  `${hostCount} hosts send over ${connections} connections of pgbouncer as a plain user, each row once, and leave nothing behind in a session [fleet/R7] [fleet/R8]`,
  async () => {
    using folder = new TemporaryFolder("store");
    await using schemas = await Schemas.start("newest", { log_statement: "all" });
    await using pooler = await Pooler.start(schemas.server, connections, [user]);
    const admin = schemas.link(schemas.url("kissbot"));
    await admin.script(`CREATE ROLE ${user} LOGIN; GRANT CREATE ON DATABASE postgres TO ${user}`);
    const url = `postgres://${user}@127.0.0.1:${pooler.port}/postgres?schema=kissbot`;
    const hosts = Array.from(
      { length: hostCount },
      (_, i) => new SendingHost(folder.file(`${i}.db`), schemas.link(url), `host ${i}`),
    );
    try {
      // All at once on an empty database, then all at once again.
      for (const from of [1, 301]) {
        for (const host of hosts) {
          host.monitor.write("usage", 300, from);
          host.monitor.write("metrics", 30, from);
          host.monitor.write("custom", 30, from);
          host.monitor.write("status", 3, from);
        }
        await Promise.all(hosts.map((host) => host.drain()));
      }
      expect(hosts.flatMap(({ errors }) => errors)).toEqual([]);
    } finally {
      for (const host of hosts) host[Symbol.dispose]();
    }
    const each = (rows: number) => Array(2).fill(rows * hostCount);
    expect(
      await numbersIn(
        admin,
        "count(*), count(DISTINCT (host_no,tokens_in)), sum(tokens_in) FROM kissbot.llm_usage",
      ),
    ).toEqual([...each(600), (hostCount * 600 * 601) / 2]);
    expect(
      await numbersIn(admin, "count(*), count(DISTINCT (host_no,pid)) FROM kissbot.status_history"),
    ).toEqual(each(6));
    expect(await numbersIn(admin, "sum(n) FROM kissbot.metric_minutes")).toEqual([60 * hostCount]);
    expect(await numbersIn(admin, "count(*) FROM kissbot.hosts")).toEqual([hostCount]);

    const sessions = `count(*) FROM pg_stat_activity WHERE usename = '${user}'`;
    expect((await numbersIn(admin, sessions))[0]).toBeLessThanOrEqual(connections);
    expect(await numbersIn(admin, "count(*) FROM pg_locks WHERE locktype = 'advisory'")).toEqual([0]);
    expect(await admin.rows("SELECT extname FROM pg_extension")).toEqual([{ extname: "plpgsql" }]);
    const { log } = schemas.server;
    // What stands before the colon is the name of a prepared statement.
    const statements = [...log.matchAll(/LOG: {2}(?:statement|execute ([^:]+)): (.*)/g)];
    expect(new Set(statements.map(([, name = "<unnamed>"]) => name))).toEqual(new Set(["<unnamed>"]));
    expect(statements.length).toBeGreaterThan(100);
    const ofSession =
      /^(?:SET|LISTEN|PREPARE|DECLARE)\b|set_config\([^)]*, *false\)|pg_(?:try_)?advisory_lock\(|TEMP\w* TABLE/i;
    const texts = statements
      .map(([, , text = ""]) => text)
      // The pooler's own.
      .filter((text) => !text.startsWith("SET application_name="));
    expect(texts.filter((text) => ofSession.test(text))).toEqual([]);
  },
  60_000,
);
