import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { openStore, runningThreads } from "@kissbot/store";
import { ownHostId, startForwarding } from "@kissbot/store/fleet";
import { CuttingProxy, PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Link } from "../../src/postgres/link.js";
import { Schemas } from "../postgres/schemas.js";
import { batchOf, botRow, usageRows } from "../rows.js";

test.each([
  ["memory:", "postgres://u@h/d", 1, "unsupported"],
  ["sqlite:x.db", "mysql://u@h/d", 1, "invalid_option"],
  ["sqlite:x.db", "postgres://u@h/d", 0, "invalid_option"],
  ["sqlite:x.db", "postgres://u@h/d", 1.5, "invalid_option"],
])("from %s to %s at %d rows a second is %s", (store, fleet, backlogRowsPerSecond, code) => {
  const start = () => startForwarding({ store, fleet, name: "n", backlogRowsPerSecond });
  expect(start).toThrow(expect.objectContaining({ code }));
  expect(runningThreads()).toBe(0);
});

test("a thread whose database takes connections and never answers ends with its owner", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await (await openStore(path)).close();
  let taken = 0;
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    taken = sockets.push(socket.on("error", () => undefined));
  });
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const fleet = `postgres://u@127.0.0.1:${port}/d?sslmode=disable`;
  const forwarding = startForwarding({ store: path, fleet, name: "n" });
  await until("it connects", () => taken > 0);
  await forwarding.close();
  expect(runningThreads()).toBe(0);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test("the id of the host is known at once while somebody else locks its database", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  await (await openStore(path)).close();
  const known = ownHostId(path);
  expect(known).toMatch(/^[\da-f-]{36}$/);
  const other = new Database(path);
  other.pragma("locking_mode = exclusive");
  other.exec("BEGIN EXCLUSIVE");
  const sinceMs = performance.now();
  expect(ownHostId(path)).toBe(known);
  // A reader of the database waits for 5 s.
  expect(performance.now() - sinceMs).toBeLessThan(2_500);
  other.close();
});

describe.skipIf(PostgresServer.missing("newest") !== null)(
  "the thread that sends to the fleet's database",
  () => {
    let schemas: Schemas;
    beforeAll(async () => {
      schemas = await Schemas.start("newest");
    });
    afterAll(async () => {
      await schemas[Symbol.asyncDispose]();
    });

    async function callsIn(link: Link): Promise<number> {
      const [row] = await link.rows<{ calls: number }>(
        `SELECT count(*)::int AS calls FROM ${link.url.schema}.llm_usage`,
      );
      return row?.calls ?? 0;
    }

    test("sends what is written, as it is written, and ends with the store", async () => {
      using folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      const url = schemas.make();
      const link = schemas.link(url);
      const store = await openStore(path);
      await store.write(batchOf({ llmUsage: usageRows(3_000) }));
      const states: string[] = [];
      const forwarding = startForwarding({
        store: path,
        fleet: url,
        name: "here",
        onStatus: ({ state }) => states.push(state),
      });
      await until("what was there before has arrived", async () => (await callsIn(link)) === 3_000);
      await store.write(batchOf({ bots: [botRow({ status: "dead" })], llmUsage: usageRows(5) }));
      await until("what came later has arrived", async () => (await callsIn(link)) === 3_005);
      const [bot] = await link.rows(`SELECT channel, status FROM ${link.url.schema}.bots`);
      expect(bot).toEqual({ channel: "twitch_main", status: "dead" });
      const [host] = await link.rows(`SELECT name, state FROM ${link.url.schema}.hosts`);
      expect(host).toEqual({ name: "here", state: "up" });
      await until("its status says so", () => forwarding.status.counts.rows >= 3_005);
      expect(forwarding.status).toMatchObject({ state: "sending", detail: null, waiting: { usage: 0 } });
      expect(states[0]).toBe("connecting");
      await forwarding.close();
      await store.close();
      await until("its thread has ended", () => runningThreads() === 0);
    });

    test("a server that is killed, and one that goes silent, hold up no write here; then all of it arrives once [fleet/R9]", async () => {
      using folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      await using proxy = await CuttingProxy.start(schemas.server.port);
      const url = schemas.byTcp([proxy.port], "trouble");
      const link = schemas.link(schemas.url("trouble"));
      const store = await openStore(path);
      const forwarding = startForwarding({ store: path, fleet: url, name: "here" });
      await store.write(batchOf({ llmUsage: usageRows(10) }));
      await until("the first have arrived", async () => (await callsIn(link)) === 10);
      await schemas.server.kill();
      for (let i = 0; i < 20; i++)
        expect(await store.write(batchOf({ llmUsage: usageRows(10) }))).toBe("applied");
      await until("it is told as away", () => forwarding.status.state === "away");
      expect(forwarding.status.detail).not.toContain(schemas.server.password);
      await schemas.server.resume();
      await until("all have arrived", async () => (await callsIn(link)) === 210, { timeoutMs: 60_000 });
      proxy.cutNext("silence");
      const sinceMs = performance.now();
      for (let i = 0; i < 5; i++)
        expect(await store.write(batchOf({ llmUsage: usageRows(10) }))).toBe("applied");
      await until("those of the silence have arrived", async () => (await callsIn(link)) === 260, {
        timeoutMs: 60_000,
      });
      expect(proxy.cuts).toBe(1);
      expect(performance.now() - sinceMs, "a statement that is not answered is given up").toBeLessThan(
        40_000,
      );
      await forwarding.close();
      await store.close();
    }, 180_000);

    test("a password that is wrong is refused in words, and is in none of them; it ends within seconds [fleet/R12]", async () => {
      using folder = new TemporaryFolder("store");
      const path = folder.file("kissbot_monitor.db");
      const store = await openStore(path);
      const secret = "not-their-password";
      const fleet = schemas.byTcp([schemas.server.port], "refused", secret);
      const forwarding = startForwarding({ store: path, fleet, name: "here" });
      await until("it is told as refused", () => forwarding.status.state === "refused");
      expect(forwarding.status.detail).toContain("password authentication failed");
      expect(JSON.stringify(forwarding.status)).not.toContain(secret);
      expect(await store.write(batchOf({ llmUsage: usageRows(1) }))).toBe("applied");
      const sinceMs = performance.now();
      await forwarding.close();
      expect(performance.now() - sinceMs).toBeLessThan(4_000);
      await store.close();
    });
  },
);
