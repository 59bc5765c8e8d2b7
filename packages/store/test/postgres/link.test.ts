import { spawnSync } from "node:child_process";
import dns from "node:dns";
import { cpSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openPostgresStore } from "@kissbot/store/postgres";
import { CuttingProxy, PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Link } from "../../src/postgres/link.js";

import { parsePostgresUrl } from "../../src/postgres/postgres-url.js";
import { remedyFor } from "../../src/postgres/sql-state.js";
import { numberedBatch } from "./numbered-batch.mjs";
import { Schemas } from "./schemas.js";

test.each([
  ["25006", "next_host"],
  ["57P01", "retry"],
  ["40001", "retry"],
  ["53100", "retry"],
  ["08006", "retry"],
  ["22021", "poison"],
  ["23505", "poison"],
  ["54000", "poison"],
  ["42501", "hopeless"],
  ["42P01", "hopeless"],
  ["28P01", "hopeless"],
  ["ECONNREFUSED", "retry"],
])("an error %s is one to %s", (code, remedy) => {
  expect(remedyFor(Object.assign(new Error("…"), { code }))).toBe(remedy);
});

test("without the package pg the error says how to install it", () => {
  using folder = new TemporaryFolder("no-pg");
  cpSync(fileURLToPath(new URL("../../dist", import.meta.url)), folder.file("dist"), { recursive: true });
  writeFileSync(folder.file("package.json"), '{ "type": "module" }');
  const program = `import { openPostgresStore } from ${JSON.stringify(folder.file("dist", "postgres.js"))};
openPostgresStore("postgres://u@localhost/d").catch(({ code, message }) => console.log(code, message));`;
  const done = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: folder.path,
    encoding: "utf8",
  });
  expect(`${done.stdout}${done.stderr}`).toBe(
    "reserved_scheme postgres: needs the package pg: npm install pg\n",
  );
});

describe.skipIf(PostgresServer.missing("newest") !== null)("a connection", () => {
  let schemas: Schemas;
  beforeAll(async () => {
    schemas = await Schemas.start("newest");
  });
  afterAll(() => schemas[Symbol.asyncDispose]());

  test("that goes silent is given up at its deadline, and leaves no lock [fleet/R9]", async () => {
    await using proxy = await CuttingProxy.start(schemas.server.port);
    const link = new Link(parsePostgresUrl(schemas.byTcp([proxy.port])), { statementMs: 300 });
    await link.script("CREATE TABLE locked (n int); INSERT INTO locked VALUES (1)");
    await link
      .transaction(async (rows) => {
        await rows("UPDATE locked SET n = 2");
        proxy.cutNext("silence");
        const startedMs = performance.now();
        await expect(rows("UPDATE locked SET n = 3")).rejects.toThrow("no answer within 300 ms");
        expect(performance.now() - startedMs).toBeLessThan(5_000);
        throw new Error("over");
      })
      .catch((error: Error) => expect(error.message).toBe("over"));
    expect(await link.rows("SELECT n FROM locked")).toEqual([{ n: 1 }]);
    await link.close();
  });

  test("to nobody is given up, with the URL and without the password [fleet/R12]", async () => {
    await using proxy = await CuttingProxy.start(schemas.server.port);
    const link = new Link(parsePostgresUrl(schemas.byTcp([proxy.port])), { connectMs: 200 });
    proxy.cutNext("silence");
    await expect(link.rows("SELECT 1")).rejects.toThrow("no connection within 200 ms");
    expect(await link.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await link.close();
    const wrong = openPostgresStore(schemas.byTcp([schemas.server.port], "kissbot", "s3cret"));
    await expect(wrong).rejects.toMatchObject({
      code: "cannot_open",
      message: expect.stringContaining("28P01"),
    });
    await wrong.catch((error: Error) => expect(`${error.message} ${error.cause}`).not.toContain("s3cret"));
  });

  test("goes to the first host that can be written to, and on when that changes [fleet/R10]", async () => {
    await using readOnly = await PostgresServer.start({ settings: { default_transaction_read_only: "on" } });
    await using other = await PostgresServer.start();
    const link = new Link(
      parsePostgresUrl(schemas.byTcp([1, readOnly.port, other.port, schemas.server.port])),
    );
    const port = async () =>
      (await link.rows<{ port: number }>("SELECT inet_server_port() AS port"))[0]?.port;
    expect(await port()).toBe(other.port);
    // As a primary that became a standby, whose connections stay.
    await link.script("ALTER SYSTEM SET default_transaction_read_only = on");
    await link.script("SELECT pg_reload_conf()");
    await until("it cannot be written to any more", async () => {
      await link.script("CREATE TABLE IF NOT EXISTS written (n int)");
      return (await port()) !== other.port;
    });
    expect(await port()).toBe(schemas.server.port);
    await link.close();
  });

  test("to a name goes where the name leads now, as after a failover [fleet/R10]", async () => {
    const { port, password } = schemas.server;
    await using other = await PostgresServer.start({
      settings: { listen_addresses: "127.0.0.2", port: `${port}` },
    });
    let address = "127.0.0.1";
    const lookup = vi.spyOn(dns, "lookup").mockImplementation(((_name: string, ...rest: unknown[]) => {
      const [options, answer] = [rest[0] as { all?: boolean }, rest.at(-1) as (...words: unknown[]) => void];
      if (options.all === true) answer(null, [{ address, family: 4 }]);
      else answer(null, address, 4);
    }) as typeof dns.lookup);
    const place = `postgres:${encodeURIComponent(password)}@primary.example:${port}`;
    const link = schemas.link(`postgres://${place}/postgres?sslmode=disable`);
    const folder = async () => (await link.rows("SHOW data_directory"))[0]?.["data_directory"];
    try {
      expect(await folder()).toBe(schemas.server.dataFolder);
      // The address still leads to the old primary, which is a standby now.
      await link.script("ALTER SYSTEM SET default_transaction_read_only = on");
      await link.script("SELECT pg_reload_conf()");
      const write = () => link.script("CREATE TABLE IF NOT EXISTS written (n int)");
      await until("it cannot be written to any more", () =>
        write().then(
          () => false,
          (error: { code?: string }) => error.code === "25006",
        ),
      );
      await expect(write()).rejects.toMatchObject({ code: "25006" });
      address = "127.0.0.2";
      await write();
      expect(await folder()).toBe(other.dataFolder);
    } finally {
      lookup.mockRestore();
      const admin = schemas.link(schemas.url("kissbot"));
      await admin.script("ALTER SYSTEM RESET default_transaction_read_only");
      await admin.script("SELECT pg_reload_conf()");
    }
  });

  test("that was lost is made again, and a write that waits for it is stored", async () => {
    const url = schemas.make();
    await using store = await openPostgresStore(url);
    await store.write(numberedBatch(1));
    await schemas.server.stop();
    const writing = store.write(numberedBatch(2));
    await until("the store says what is wrong", () => store.state().status === "busy");
    expect(store.state().detail).toContain("postgres://postgres@");
    expect(store.state().pendingBatches).toBe(1);
    await schemas.server.resume();
    expect(await writing).toBe("applied");
    expect(store.state()).toMatchObject({ status: "ok", detail: null, pendingRows: 0 });
  });

  test("may be gone for so long that a write is refused, whose batch may be sent again", async () => {
    const url = schemas.make();
    await using store = await openPostgresStore(url, { busyTimeoutMs: 1 });
    await schemas.server.stop();
    await expect(store.write(numberedBatch(1))).rejects.toMatchObject({ code: "busy" });
    await expect(store.fleet()).rejects.toMatchObject({ code: "busy" });
    await schemas.server.resume();
    expect(await store.write(numberedBatch(1))).toBe("applied");
    expect(await store.write(numberedBatch(1))).toBe("duplicate");
  });

  test("of a row that the database does not take says so, and later batches are stored", async () => {
    await using store = await openPostgresStore(schemas.make());
    // A key of this length, which nothing compresses, has no room in an index.
    const model = Array.from({ length: 8_000 }, (_, i) =>
      String.fromCodePoint(0x4e00 + ((i * 7_919) % 20_000)),
    ).join("");
    const usage = { tsMs: 1, channel: "a", model, feature: "f", tokensIn: 1, tokensOut: 1 };
    const poison = { producer: "p", epoch: 1, seq: 1, llmUsage: [usage] };
    await expect(store.write(poison)).rejects.toMatchObject({ code: "refused" });
    expect(await store.write({ ...poison, llmUsage: [{ ...usage, model: "m" }] })).toBe("applied");
  });

  test("of a store that is only read writes nothing", async () => {
    const url = schemas.make();
    await expect(openPostgresStore(url, { readOnly: true })).rejects.toMatchObject({
      code: "needs_migration",
    });
    await (await openPostgresStore(url)).close();
    await using store = await openPostgresStore(url, { readOnly: true });
    await expect(store.write(numberedBatch(1))).rejects.toMatchObject({ code: "read_only" });
    await expect(store.maintain()).rejects.toMatchObject({ code: "read_only" });
    expect(await store.fleet()).toEqual([]);
  });

  test("is given up when the store is closed without time to drain", async () => {
    const store = await openPostgresStore(schemas.make());
    await schemas.server.stop();
    const writing = store.write(numberedBatch(1)).catch((error: { code?: string }) => error.code);
    await store.close({ drainMs: 1 });
    expect(await writing).toBe("closed");
    await schemas.server.resume();
  });
});
