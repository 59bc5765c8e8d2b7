import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Child, killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { root, snippetsIn } from "./document.js";

const place = new TemporaryFolder("uninstall");
const folderOf = (name: string) => place.file(name);
const command = join(root, "packages/server/dist/main.js");
const bot = `
import { MonitorClient } from ${JSON.stringify(join(root, "packages/client/dist/index.js"))};
const client = new MonitorClient("my_bot");
client.start();
await client.flush();
`;

afterAll(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

/** The environment of a user to whom this folder is all of the machine. */
const env: Readonly<Record<string, string>> = {
  HOME: folderOf("home"),
  TMPDIR: folderOf("tmp"),
  XDG_RUNTIME_DIR: folderOf("run"),
  KISSBOT_MONITOR_SOCKET: join(folderOf("tmp"), "kissbot_monitor.sock"),
  KISSBOT_MONITOR_STATE_FILE: "",
  KISSBOT_MONITOR_HTTP: "off",
};

function monitor(more: Readonly<Record<string, string>> = {}): Child {
  return Child.node([command, "start"], { folder: folderOf("work"), env: { ...env, ...more } });
}

async function serves(child: Child): Promise<void> {
  const said = () => `${child.stdout}${child.stderr}`;
  await until("it serves", () => said().includes("is running") || child.exit !== null, {
    timeoutMs: 60_000,
    describe: said,
  });
  expect(child.exit, said()).toBeNull();
}

async function works(...args: string[]): Promise<void> {
  const run = await Child.node([command, ...args], { folder: folderOf("work"), env, limitMs: 60_000 }).exited;
  expect(run.code, run.stdout + run.stderr).toBe(0);
}

/** Every file, socket and folder below the folder, but for those that a user has anyway. */
function found(): string[] {
  const names = readdirSync(place.path, { recursive: true, encoding: "utf8" });
  return names.filter((name) => !["home", "tmp", "run", "work", "bot.mjs"].includes(name)).sort();
}

test("what the page removes is all that a monitor, a bot and each command leave behind [trial/D4]", async () => {
  for (const name of ["home", "tmp", "run", "work"]) mkdirSync(folderOf(name));
  writeFileSync(folderOf("bot.mjs"), bot);

  // Killed, so that all is left that a stop would take away.
  const killed = monitor();
  await serves(killed);
  expect((await Child.node([folderOf("bot.mjs")], { env, limitMs: 30_000 }).exited).code).toBe(0);
  await works("backup", "mine.db");
  killed.signal("SIGKILL");
  await killed.exited;
  const afterKill = found();
  for (const suffix of ["", "-wal", "-shm", ".lock", ".host"])
    expect(afterKill).toContain(`work/kissbot_monitor.db${suffix}`);
  for (const suffix of ["", ".lock", ".control"])
    expect(afterKill).toContain(`tmp/kissbot_monitor.sock${suffix}`);
  expect(afterKill).toContain("run/kissbot/monitor.json");

  await works("restore", "mine.db");
  await works("demo", "--seconds", "1", "--bots", "1", "--port", "0");
  const database = join(folderOf("work"), "kissbot_monitor.db");
  writeFileSync(database, readFileSync(database).fill("x", 200));
  const uid = process.geteuid?.() ?? 0;
  const state = join(folderOf("tmp"), `kissbot_monitor-${uid}.json`);
  const second = monitor({ KISSBOT_MONITOR_STATE_FILE: state });
  await serves(second);
  expect(statSync(state).isFile()).toBe(true);
  second.signal("SIGKILL");
  await second.exited;
  const all = found();
  for (const kind of [".before-restore-", ".corrupt-"])
    expect(all.filter((name) => name.includes(kind))).not.toEqual([]);

  const blocks = snippetsIn("docs/uninstall.md").map(({ text }) =>
    text.replaceAll("/tmp/", `${folderOf("tmp")}/`),
  );
  expect(blocks).toHaveLength(1);
  const removed = await Child.run("bash", ["-euc", blocks.join("\n")], { folder: folderOf("work"), env });
  expect(removed.code, removed.stderr).toBe(0);
  expect(found()).toEqual(["work/mine.db"]);
}, 180_000);
