import { copyFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { openStore } from "@kissbot/store";
import { lasting, until } from "@kissbot/testkit";
import { describe, expect, test, vi } from "vitest";
import { loadDriver } from "../../../store/src/sqlite/file/driver.js";
import { damageMiddleOf, padTo } from "../../../store/test/damaged-file.js";
import { DiskFaults, hasDiskFaults } from "../shims/disk-faults.js";
import { type Monitor, runCommand, startMonitor } from "./command.js";
import { folder } from "./own-folder.js";

// Each test starts processes, and other tests may keep the machine busy.
vi.setConfig({ testTimeout: 120_000 });

/** What a busy machine adds. */
const momentMs = 1_000;

interface HealthAnswer {
  readonly status: string;
  readonly problems: readonly { readonly code: string; readonly detail: string; readonly since: string }[];
  readonly store: { readonly pending_rows: number };
}

async function healthOf({ at }: Monitor): Promise<HealthAnswer> {
  return (await (await fetch(`http://${at[1]}/healthz`)).json()) as HealthAnswer;
}

const codesOf = async (monitor: Monitor) => (await healthOf(monitor)).problems.map(({ code }) => code);

/** The lines of the log at `warn` and above. */
const warnings = ({ child }: Monitor) =>
  child.stderr
    .split("\n")
    .filter((line) => /"level":"(?:warn|error|fatal)"/.test(line))
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

class Bot {
  readonly #socket: Socket;
  sent = 0;

  constructor(socketPath: string) {
    this.#socket = connect(socketPath).resume();
    this.#socket.on("error", () => undefined);
    this.write({ type: "register", channel: "a", pid: process.pid });
  }

  write(line: object): void {
    this.#socket.write(`${JSON.stringify(line)}\n`);
  }

  call(count: number): void {
    for (let i = 0; i < count; i++)
      this.write({ type: "llm_usage", channel: "a", model: "m", feature: "f", tokens_in: 1, tokens_out: 1 });
    this.sent += count;
  }
}

const isStored = (monitor: Monitor) =>
  until("all is stored", async () => (await healthOf(monitor)).store.pending_rows === 0);

async function stopped({ child }: Monitor): Promise<void> {
  child.signal("SIGTERM");
  expect(await child.exited).toMatchObject({ code: 0, signal: null });
}

/** So much is asked often, and opening a store takes threads. */
function callsIn(path: string): number {
  const database = new (loadDriver())(path, { readonly: true });
  try {
    return database.prepare("SELECT count(*) FROM llm_usage").pluck().get() as number;
  } finally {
    database.close();
  }
}

async function contentOf(path: string): Promise<{ calls: number | undefined; bots: string[] }> {
  await using store = await openStore(path);
  const totals = await store.usageTotals({ fromMs: 0, toMs: Date.now() + 60_000 });
  return { calls: totals[0]?.calls, bots: (await store.fleet()).map(({ channel }) => channel) };
}

describe("the database's file is taken away while the monitor runs", () => {
  test.each<[string, () => void, number]>([
    [
      "deleted",
      () => {
        for (const end of ["", "-wal", "-shm"]) rmSync(join(folder, `kb.db${end}`), { force: true });
      },
      0,
    ],
    [
      "deleted with whatever begins with its name",
      () => {
        for (const name of readdirSync(folder)) if (name.startsWith("kb.db")) rmSync(join(folder, name));
      },
      0,
    ],
    ["renamed", () => renameSync(join(folder, "kb.db"), join(folder, "moved.db")), 0],
    ["restored by mv", () => renameSync(join(folder, "backup.db"), join(folder, "kb.db")), 50],
    ["restored by cp", () => copyFileSync(join(folder, "backup.db"), join(folder, "kb.db")), 50],
  ])(
    "%s: it is told within 2 s and opened anew, and what was not yet stored is written there [server/F2]",
    async (_how, take, left) => {
      const monitor = await startMonitor(folder);
      const bot = new Bot(monitor.socketPath);
      bot.call(50);
      await until("they are stored", () => callsIn(monitor.store) === 50);
      expect((await runCommand(["backup", "backup.db", "--store", monitor.store], { folder })).code).toBe(0);
      bot.call(20);
      await until("they are taken", () => callsIn(monitor.store) === 70);
      take();
      const takenMs = performance.now();
      bot.call(70);
      await until("it is told", async () => (await codesOf(monitor)).includes("store_lost"));
      expect(performance.now() - takenMs).toBeLessThan(2_000 + momentMs);
      await until("it is opened anew", () => monitor.child.stderr.includes("the database is open again"));
      bot.call(5);
      await isStored(monitor);
      await until("it is well again", async () => (await healthOf(monitor)).status === "ok");
      expect(warnings(monitor)).toEqual([expect.stringContaining("the database cannot be used")]);
      await stopped(monitor);
      expect(await contentOf(monitor.store)).toEqual({ calls: left + 75, bots: ["a"] });
      expect(readdirSync(folder).filter((name) => name.includes("corrupt"))).toEqual([]);
    },
  );
});

test("a damaged page that only reading the fleet meets: told, set aside, and nothing leaks [server/F1]", async () => {
  const path = join(folder, "kb.db");
  {
    await using store = await openStore(path);
    const bots = Array.from({ length: 3_000 }, (_, i) => ({
      channel: `bot ${i}`,
      pid: 1,
      status: "offline" as const,
      featuresJson: "{}",
      registeredAtMs: 1,
      lastSeenMs: 1,
      statusSinceMs: 1,
    }));
    await store.write({ producer: "test", epoch: 1, seq: 1, bots });
  }
  padTo(path, 70);
  damageMiddleOf(path, "monitor_bots");
  const monitor = await startMonitor(folder);
  new Bot(monitor.socketPath).call(3);
  expect(await codesOf(monitor)).toContain("store_corrupt");
  await isStored(monitor);
  expect(warnings(monitor).filter((line) => line.includes("corrupt"))).toEqual([
    "the database was corrupt: it was set aside, and a new one was created",
  ]);
  expect(readdirSync(folder).filter((name) => name.includes(".corrupt-"))).not.toEqual([]);
  await stopped(monitor);
  const { calls, bots } = await contentOf(path);
  expect(calls).toBe(3);
  expect(bots).toContain("a");
  // The fleet is read in pieces: those before the damage are known, and stand in the fresh file.
  expect(bots.length).toBeGreaterThan(500);
  expect(bots.length).toBeLessThan(3_000);
});

test("reads that fail for long are a problem and one line of the log [server/F3]", async () => {
  const monitor = await startMonitor(folder);
  const other = new (loadDriver())(monitor.store);
  other.exec("ALTER TABLE monitor_status_history RENAME TO gone");
  for (let i = 0; i < 5; i++) expect((await fetch(`http://${monitor.at[1]}/api/v1/events`)).status).toBe(503);
  expect(await codesOf(monitor)).toEqual(["store_reads_fail"]);
  expect(warnings(monitor)).toEqual(["reading the database fails"]);
  other.exec("ALTER TABLE gone RENAME TO monitor_status_history");
  other.close();
  expect((await fetch(`http://${monitor.at[1]}/api/v1/events`)).status).toBe(200);
  expect(await codesOf(monitor)).toEqual([]);
  await stopped(monitor);
});

test.skipIf(!hasDiskFaults("store-faults.test.ts"))(
  "a disk that was away: old descriptors answer EIO for ever, so it is opened anew, and nothing is lost or doubled [server/F5]",
  async () => {
    const faults = new DiskFaults(join(folder, "kb.db"));
    const monitor = await startMonitor(folder, [], [], { env: faults.environment });
    const bot = new Bot(monitor.socketPath);
    bot.call(50);
    await isStored(monitor);
    faults.begin("down");
    faults.begin("stale");
    bot.call(10);
    await until("it is told", async () => (await codesOf(monitor)).some((code) => code.startsWith("store_")));
    faults.end("down");
    await until("it is well again", async () => (await healthOf(monitor)).status === "ok");
    bot.call(7);
    await isStored(monitor);
    await stopped(monitor);
    expect(await contentOf(monitor.store)).toEqual({ calls: 67, bots: ["a"] });
  },
);

test("one kind of row that is refused for long: the status is steady, and the log is short [server/F3]", async () => {
  const monitor = await startMonitor(folder);
  const bot = new Bot(monitor.socketPath);
  bot.call(1);
  await isStored(monitor);
  const other = new (loadDriver())(monitor.store);
  other.exec(
    "CREATE TRIGGER boom BEFORE INSERT ON monitor_custom_metrics BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  const metric = { type: "custom_metric", channel: "a", metric_name: "x", value: 1 };
  bot.write(metric);
  await until("it is told", async () => (await codesOf(monitor)).includes("store_failed"));
  const since = (await healthOf(monitor)).problems[0]?.since;
  const untilMs = performance.now() + 8_000;
  while (performance.now() < untilMs) {
    bot.call(1);
    bot.write(metric);
    expect((await healthOf(monitor)).problems).toMatchObject([{ code: "store_failed", since }]);
    await lasting("a bot goes on to report", 100);
  }
  expect(warnings(monitor)).toEqual(["the database cannot be written; rows wait in memory"]);
  expect(monitor.child.stderr).not.toContain("accepts rows again");
  other.exec("DROP TRIGGER boom");
  other.close();
  await until("it is well again", async () => (await healthOf(monitor)).status === "ok");
  await isStored(monitor);
  await stopped(monitor);
});
