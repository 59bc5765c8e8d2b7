import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, statSync, symlinkSync } from "node:fs";
import process from "node:process";
import { backUpDatabase, openStore, restoreDatabase, type StoreEvent } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { loadDriver } from "../src/sqlite/file/driver.js";
import { batchOf, everything, usageRows } from "./rows.js";

async function callsIn(path: string): Promise<number | undefined> {
  await using store = await openStore(path);
  return (await store.usageTotals(everything))[0]?.calls;
}

test("a database behind a link is guarded where it is, and restored there", async () => {
  using folder = new TemporaryFolder("store");
  mkdirSync(folder.file("disk"));
  const [link, real] = [folder.file("kissbot_monitor.db"), folder.file("disk/m.db")];
  await (await openStore(real)).close();
  symlinkSync(real, link);
  const events: StoreEvent[] = [];
  const store = await openStore(link, { onEvent: (event) => events.push(event) });
  await store.write(batchOf({ llmUsage: usageRows(100) }));
  await store.backup(folder.file("backup.db"));
  await store.write(batchOf({ llmUsage: usageRows(5_000) }));
  // A whole file in the place of the one that has a log.
  copyFileSync(folder.file("backup.db"), real);
  await expect(store.write(batchOf({ llmUsage: usageRows(1) }))).rejects.toMatchObject({ code: "lost" });
  await store.close();
  expect([100, 101]).toContain(await callsIn(link));

  const { before } = await restoreDatabase(folder.file("backup.db"), link);
  expect(before).toContain(real);
  expect(statSync(real).mode & 0o777).toBe(0o600);
  expect(existsSync(link)).toBe(true);
  expect(await callsIn(real)).toBe(100);
  expect(await callsIn(link)).toBe(100);
});

test("a folder that is taken away with the database is a lost database, and no end of the thread", async () => {
  using folder = new TemporaryFolder("store");
  mkdirSync(folder.file("here"));
  const store = await openStore(folder.file("here/kissbot_monitor.db"));
  await store.write(batchOf({ llmUsage: usageRows(10) }));
  renameSync(folder.file("here"), folder.file("there"));
  const batch = batchOf({ llmUsage: usageRows(1) });
  await expect(store.write(batch)).rejects.toMatchObject({ code: "lost" });
  expect(store.state().status).toBe("lost");
  await store.close();
  expect([10, 11]).toContain(await callsIn(folder.file("there/kissbot_monitor.db")));
});

test("a copy has nothing of a transaction that was cut off, and the file is as it was", async () => {
  using folder = new TemporaryFolder("store");
  const path = folder.file("kissbot_monitor.db");
  {
    await using store = await openStore(path);
    await store.write(batchOf({ llmUsage: usageRows(100) }));
  }
  // As the Python monitor leaves it: a journal, and pages of a transaction in the file already.
  const script = `
import Database from "better-sqlite3";
const db = new Database(${JSON.stringify(path)});
db.pragma("journal_mode = DELETE");
db.pragma("cache_size = 5");
db.exec("BEGIN; UPDATE llm_usage SET tokens_in = tokens_in + 1;");
const add = db.prepare("INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out) SELECT ts, channel, model, feature, 1, 1 FROM llm_usage LIMIT 1000");
for (let i = 0; i < 50; i++) add.run();
process.kill(process.pid, "SIGKILL");`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: new URL("..", import.meta.url),
    encoding: "utf8",
  });
  expect([child.signal, child.stderr]).toEqual(["SIGKILL", ""]);
  expect(statSync(`${path}-journal`).size).toBeGreaterThan(0);
  const report = await backUpDatabase(path, folder.file("copy.db"));
  expect(statSync(`${path}-journal`).size).toBeGreaterThan(0);
  const db = new (loadDriver())(report.path, { readonly: true });
  const sums = db.prepare("SELECT count(*) AS calls, sum(tokens_in) AS tokens FROM llm_usage").get();
  const check = db.pragma("integrity_check", { simple: true });
  db.close();
  expect({ sums, check }).toEqual({ sums: { calls: 100, tokens: 10_000 }, check: "ok" });
});
