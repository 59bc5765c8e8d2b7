import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openStore } from "@kissbot/store";
import { killChildren, TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runCommand, startMonitor } from "./command.js";
import { run } from "./program-run.js";
import { writeStoreFile } from "./store-file.js";

vi.setConfig({ testTimeout: 120_000 });

let place: TemporaryFolder;
let folder = "";
let database = "";
let backup = "";
beforeEach(async () => {
  place = new TemporaryFolder("cli");
  folder = place.path;
  database = join(folder, "kb.db");
  backup = join(folder, "backup.db");
  await writeStoreFile(database);
  expect((await run(["backup", backup, "--store", database])).code).toBe(0);
});
afterEach(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

async function channelsIn(path: string): Promise<string[]> {
  await using store = await openStore(path);
  return (await store.fleet()).map(({ channel }) => channel);
}

async function addBot(path: string): Promise<void> {
  await using store = await openStore(path);
  const bot = { channel: "new", pid: 1, status: "online" as const, featuresJson: "{}" };
  const times = { registeredAtMs: 1, lastSeenMs: 1, statusSinceMs: 1 };
  await store.write({ producer: "other", epoch: 1, seq: 1, bots: [{ ...bot, ...times }] });
}

test("a backup takes the database's place, and the database before is kept whole [server/F9]", async () => {
  await addBot(database);
  const { mode } = statSync(database);
  const { code, stdout, stderr } = await run(["restore", backup, "--store", database, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { path, before } = JSON.parse(stdout) as { path: string; before: string };
  expect(path).toBe(database);
  expect(before).toMatch(/kb\.db\.before-restore-\d{8}T\d{6}Z$/);
  expect(await channelsIn(database)).toEqual(["alpha", "beta"]);
  expect(await channelsIn(before)).toEqual(["alpha", "beta", "new"]);
  expect(statSync(database).mode).toBe(mode);
  expect((await run(["backup", database, "--store", before])).code, "a live database is no backup").toBe(1);
});

test("there need not be a database, and a log that lies there is not played into the restored one [server/F9]", async () => {
  rmSync(database);
  writeFileSync(`${database}-wal`, "what is left of another one");
  const { code, stdout } = await run(["restore", backup, "--store", database]);
  expect(code).toBe(0);
  expect(stdout).toContain("kept as");
  expect(await channelsIn(database)).toEqual(["alpha", "beta"]);
});

test("a damaged database is kept as it is [server/F9]", async () => {
  writeFileSync(database, `SQLite format 3\0${"x".repeat(5_000)}`);
  const damaged = readFileSync(database);
  const { stdout } = await run(["restore", backup, "--store", database, "--json"]);
  expect(readFileSync(JSON.parse(stdout).before).equals(damaged)).toBe(true);
  expect(await channelsIn(database)).toEqual(["alpha", "beta"]);
});

test("nothing is changed while a monitor runs on it, or another program has it open [server/F9] [server/F8]", async () => {
  const { child } = await startMonitor(folder);
  const refused = await runCommand(["restore", backup, "--store", database], { folder });
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain(`pid ${child.pid}`);
  child.signal("SIGTERM");
  expect(await child.exited).toMatchObject({ code: 0 });

  await using _store = await openStore(database);
  const busy = await run(["restore", backup, "--store", database]);
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining("another program") });
  expect(readdirSync(folder).filter((name) => /partial|before-restore/.test(name))).toEqual([]);
});

test("what is no sound backup is refused in a sentence, and nothing is changed [server/F9]", async () => {
  const before = readFileSync(database);
  const damaged = join(folder, "damaged.db");
  copyFileSync(backup, damaged);
  const bytes = readFileSync(damaged);
  writeFileSync(damaged, bytes.fill(0xaa, 8_192, bytes.length));
  writeFileSync(join(folder, "notes.txt"), "notes ".repeat(1_000));
  writeFileSync(join(folder, "empty.db"), "");
  for (const file of ["damaged.db", "notes.txt", "empty.db", "missing.db", ".", "kb.db"]) {
    const { code, stdout, stderr } = await run(["restore", join(folder, file), "--store", database]);
    expect({ code, stdout, file }).toEqual({ code: 1, stdout: "", file });
    expect(stderr).toMatch(/^error: Nothing was restored: /);
    expect(stderr).not.toMatch(/\n\s+at /);
  }
  expect(readFileSync(database).equals(before)).toBe(true);
  expect(existsSync(`${database}.lock`)).toBe(false);
  expect(readdirSync(folder).filter((name) => /partial|before-restore/.test(name))).toEqual([]);
});
