import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { accessFinding } from "../../src/cli/doctor/socket-check.js";
import { health, nowMs } from "./bot.js";
import { FakeMonitor, freePort } from "./fake-monitor.js";
import { folder } from "./own-folder.js";
import { run } from "./program-run.js";
import { writeStoreFile } from "./store-file.js";

interface Check {
  readonly check: string;
  readonly level: string;
  readonly found: string;
  readonly advice: string | null;
}

async function doctor(...argv: string[]) {
  const { code, stdout, stderr } = await run(["doctor", "--json", ...argv], { nowMs });
  expect(stderr).toBe("");
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  expect(code).toBe(ok ? 0 : 1);
  const of = (name: string) => checks.filter(({ check }) => check === name);
  for (const { level, advice } of checks) expect(advice === null).toBe(level === "ok");
  return { code, checks, of };
}

const places = () => ["--socket", join(folder, "kb.sock"), "--store", join(folder, "kb.db")];

test.each([80, 60, 40])("no line is wider than a terminal of %i columns [trial/N4]", async (columns) => {
  const argv = ["doctor", ...places(), "--http", `${await freePort()}`];
  const { stdout } = await run(argv, { nowMs, columns, environment: { NO_COLOR: "1" } });
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
  expect(stdout.replaceAll(/\n(?!ok|warn) */g, " ")).toMatch(
    /^warn {2}socket .* → start one with kissbot-monitor start/m,
  );
  const coloured = await run(argv, { nowMs, columns, environment: { FORCE_COLOR: "1" } });
  expect(coloured.stdout).toContain("\x1b[33mwarn\x1b[39m  socket  ");
});

test("before the first start nothing is wrong, and what is missing is told", async () => {
  const { code, of } = await doctor(...places(), "--http", `${await freePort()}`);
  expect(code).toBe(0);
  expect(of("socket")[0]).toMatchObject({
    level: "warn",
    advice: expect.stringContaining("kissbot-monitor start"),
  });
  expect(of("SQLite")[0]).toMatchObject({
    level: "ok",
    found: expect.stringMatching(/^version 3\.\d+\.\d+ works$/),
  });
  expect(of("database")[0]?.found).toContain("does not exist yet");
  expect(of("clock")).toHaveLength(1);
  expect(of("round trip")).toEqual([]);
});

test("a socket that was left behind, a file in its place, and a folder that is not there are told apart", async () => {
  const path = join(folder, "kb.sock");
  writeFileSync(path, "");
  expect((await doctor(...places(), "--no-http")).of("socket")[0]).toMatchObject({
    level: "fail",
    found: expect.stringContaining("is not a socket"),
  });
  const missing = ["--socket", join(folder, "no", "kb.sock"), "--store", join(folder, "no", "kb.db")];
  const { code, of } = await doctor(...missing, "--no-http");
  expect(code).toBe(1);
  expect(of("socket folder")[0]).toMatchObject({
    level: "fail",
    found: expect.stringContaining("it does not exist"),
  });
  expect(of("database folder")[0]).toMatchObject({ level: "fail" });
});

test("of what this user may not see it tells that, and goes on", async () => {
  const closed = join(folder, "closed");
  mkdirSync(closed);
  const argv = ["--socket", join(closed, "kb.sock"), "--store", join(closed, "kb.db"), "--no-http"];
  chmodSync(closed, 0);
  // Root may see everything; nobody may not even enter the folder of the test.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    const { code, of } = await doctor(...argv);
    expect(code).toBe(1);
    expect(of("socket")[0]).toMatchObject({
      level: "fail",
      found: `${join(closed, "kb.sock")} cannot be seen: this user may not`,
    });
    expect(of("database")[0]).toMatchObject({
      level: "warn",
      found: `${join(closed, "kb.db")} cannot be seen: this user may not`,
    });
    expect(of("prices").at(-1)).toMatchObject({ level: "ok" });
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(closed, 0o700);
  }
});

test("a database is read, and so is what lies beside it", async () => {
  await writeStoreFile(join(folder, "kb.db"));
  writeFileSync(join(folder, "kb.db.corrupt-20260520T120000Z"), "");
  writeFileSync(join(folder, "kb.db.partial-1-2"), "");
  chmodSync(join(folder, "kb.db"), 0o644);
  const { of } = await doctor(...places(), "--no-http");
  expect(of("database")[0]).toMatchObject({ level: "ok", found: "readable: 2 bots, newest entry 3 m ago" });
  expect(of("database rights")[0]).toMatchObject({
    level: "warn",
    found: expect.stringContaining("mode 0644"),
  });
  expect(of("leftovers")).toHaveLength(2);
});

test("prices that start would refuse are a failure, and a file of prices that is left out is told", async () => {
  const nobody = await doctor(...places(), "--no-http", "--default-provider", "opnai");
  expect(nobody.code).toBe(1);
  expect(nobody.of("prices")).toEqual([
    expect.objectContaining({
      level: "fail",
      found:
        '--default-provider: expected a provider of the table of prices; got "opnai": did you mean openai?',
    }),
  ]);
  const config = join(folder, "kb.yaml");
  writeFileSync(config, "monitoring:\n  prices: [{ model: mine, like: gpt-4oo }]\n");
  const { code, of } = await doctor(...places(), "--no-http", "--config", config);
  expect(code).toBe(1);
  expect(of("prices")[0]?.found).toMatch(/kb\.yaml:2:\d+ .*expected a model of the table of prices/);
  writeFileSync(join(folder, "kb.db.prices.json"), "{}");
  const known = await doctor(...places(), "--no-http", "--default-provider", "openai");
  expect(known.code).toBe(0);
  expect(known.of("prices").map(({ level }) => level)).toEqual(["warn", "ok"]);
});

test("a clock before the newest entry was set back", async () => {
  await writeStoreFile(join(folder, "kb.db"));
  const argv = ["doctor", "--json", ...places(), "--no-http"];
  const { stdout } = await run(argv, { nowMs: nowMs - 3_600_000 });
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  expect(checks.find(({ check }) => check === "clock")).toMatchObject({ level: "warn" });
});

test("a foreign database is a failure with its code", async () => {
  mkdirSync(join(folder, "kb.db"));
  expect((await doctor(...places(), "--no-http")).of("database")[0]).toMatchObject({ level: "fail" });
  rmSync(join(folder, "kb.db"), { recursive: true });
  writeFileSync(join(folder, "kb.db"), "no database at all ".repeat(100));
  expect((await doctor(...places(), "--no-http")).of("database")[0]?.found).toContain("(not_a_database)");
});

test("a monitor's own problems, another monitor, and a stranger are told", async () => {
  const problems = [{ code: "store_busy", detail: "locked", since: null }];
  await using monitor = await new FakeMonitor({
    "/healthz": { body: { ...health, status: "degraded", problems } },
  }).start();
  const { code, of } = await doctor(...places(), "--http", `${monitor.port}`);
  expect(code).toBe(1);
  expect(of("monitor")[0]).toMatchObject({ level: "fail", found: "store_busy: locked" });
  expect(of("same monitor")[0]?.found).toContain("/run/kb.sock");
  await using stranger = await new FakeMonitor({ "/healthz": { body: "hello" } }).start();
  expect((await doctor(...places(), "--http", `${stranger.port}`)).of("HTTP")[0]).toMatchObject({
    level: "fail",
  });
});

test("a socket that answers without its HTTP, and a bot that never shows up, are failures", async () => {
  const server = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(join(folder, "kb.sock"), resolve));
  try {
    const alone = await doctor(...places(), "--http", `${await freePort()}`);
    expect(alone.of("HTTP")[0]).toMatchObject({ level: "fail" });
    await using monitor = await new FakeMonitor({ "/healthz": { body: health } }).start();
    const lost = await doctor(...places(), "--http", `${monitor.port}`);
    expect(lost.of("round trip")[0]).toMatchObject({
      level: "fail",
      found: expect.stringContaining("it was not seen"),
    });
    const without = await doctor(...places(), "--http", `${monitor.port}`, "--no-round-trip");
    expect(without.of("round trip")).toEqual([]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("the bot of the round trip says goodbye where the check fails or is interrupted, too", async () => {
  const lines: string[] = [];
  const server = createServer((socket) => {
    socket.setEncoding("utf8").on("data", (text: string) => lines.push(JSON.parse(text).type));
  });
  await new Promise<void>((resolve) => server.listen(join(folder, "kb.sock"), resolve));
  const bot = "/api/v1/bots/kissbot-doctor";
  try {
    const broken = { status: 500, body: { error: { code: "internal", message: "broken" } } };
    await using failing = await new FakeMonitor({ "/healthz": { body: health }, [bot]: broken }).start();
    const failed = await doctor(...places(), "--http", `${failing.port}`);
    expect(failed.of("round trip")[0]).toMatchObject({ level: "fail", found: "broken" });
    expect(lines).toEqual(["register", "unregister"]);
    lines.length = 0;
    await using waiting = await new FakeMonitor({ "/healthz": { body: health } }).start();
    const running = doctor(...places(), "--http", `${waiting.port}`);
    await until("it looks for the bot", () => waiting.requests.some(({ url }) => url === bot));
    process.emit("SIGHUP", "SIGHUP");
    const { of, code } = await running;
    expect(code).toBe(1);
    expect(of("round trip")[0]).toMatchObject({ level: "fail", found: "it was interrupted" });
    expect(lines).toEqual(["register", "unregister"]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("who may connect follows from owner and mode", () => {
  const of = (mode: number) => accessFinding({ mode: 0o140000 | mode, uid: 0, gid: 0 });
  expect(of(0o660)).toMatchObject({
    level: "ok",
    found: "user root, group root (owner root:root, mode 0660)",
  });
  expect(of(0o600).found).toMatch(/^user root \(/);
  expect(of(0o777)).toMatchObject({
    level: "warn",
    found: expect.stringContaining("every user of this machine"),
  });
  expect(of(0o444).found).toMatch(/^root alone/);
});
