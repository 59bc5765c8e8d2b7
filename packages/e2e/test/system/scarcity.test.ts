import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lasting, until } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { balanceOf, isBalanced } from "./balance.js";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";

const mb = 1_048_576;
const disk = mkdtempSync(join(tmpdir(), "kissbot-disk-"));
const mounted =
  process.platform === "linux" &&
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", disk]).status === 0;
if (!mounted) {
  console.warn("scarcity.test.ts: SKIPPED, a small tmpfs cannot be mounted here (it takes Linux and root)");
  rmSync(disk, { recursive: true });
}

// Where the test did not run, it is still mounted.
afterAll(() => {
  spawnSync("umount", ["--lazy", disk]);
  rmSync(disk, { recursive: true, force: true });
});

/**
 * Takes room away until so much is left. The monitor takes some at the same time: what does not fit
 * any more need not.
 */
function fill(name: string, leaveBytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const size = bavail * bsize - leaveBytes;
  try {
    if (size > 0) writeFileSync(join(disk, name), Buffer.alloc(size));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

test("a disk that is full and is freed: status and usage outlive metrics, and the bots notice nothing", {
  concurrent: true,
  skip: !mounted,
  timeout: 150_000,
}, async (context) => {
  await using scene = await Scene.open(context, disk);
  scene.defer(() => spawnSync("umount", ["--lazy", disk]));
  const database = new DatabaseFile(scene);
  const monitor = await MonitorProcess.start(scene);
  const committed = async (table: string) =>
    (await monitor.metrics()).sum("kissbot_store_rows_total", `table="${table}"`);
  const fleet = await Fleet.start(scene, {
    processes: 1,
    botsPerProcess: 20,
    heartbeatMs: 1_000,
    callsPerSecond: 2,
    metricsPerSecond: 2,
  });
  await fleet.isOnline(monitor);
  await until("rows are stored", async () => (await committed("monitor_custom_metrics")) > 0);

  // The last 3.2 MB are for status and usage.
  fill("ballast", 3 * mb);
  await until("metrics are refused", async () => (await monitor.health()).store.status === "disk_full");
  const metricsThen = await committed("monitor_custom_metrics");
  const usageThen = await committed("llm_usage");
  const newcomers = await Fleet.start(scene, {
    name: "new",
    processes: 1,
    botsPerProcess: 2,
    heartbeatMs: 1_000,
  });
  await until("usage is stored", async () => (await committed("llm_usage")) > usageThen + 20);
  await until("so is a new bot", () => database.count("monitor_bots") === 22);
  expect(await committed("monitor_custom_metrics"), "metrics are not").toBe(metricsThen);

  fill("ballast-too", 0);
  let stalled = -1;
  await until("nothing can be stored any more", async () => {
    const before = stalled;
    stalled = await committed("llm_usage");
    await lasting("the time in which a commit would show", 500);
    return stalled === before && (await monitor.health()).store.pending_rows > 0;
  });
  expect((await monitor.health()).status).toBe("degraded");
  const fullAtMs = Date.now();
  await fleet.isHeard(monitor, fullAtMs);
  const { faults, reconnects, droppedCalls } = await fleet.count();
  expect({ faults, reconnects, droppedCalls }).toEqual({
    faults: { thrown: 0, rejected: 0 },
    reconnects: 0,
    droppedCalls: 0,
  });

  rmSync(join(disk, "ballast"));
  rmSync(join(disk, "ballast-too"));
  await until("it is well again", async () => (await monitor.health()).status === "ok");
  await fleet.stop();
  const balance = await balanceOf([fleet, newcomers], monitor, database);
  expect(balance, JSON.stringify(balance)).toSatisfy(isBalanced);
  expect(balance).toMatchObject({ droppedCalls: 0, shedCalls: 0, shedMetrics: 0 });
  expect(database.check()).toBe("ok");
  expect(database.transitions().filter(({ from, to }) => from !== null || to !== "online")).toEqual([]);
});

test.concurrent("no descriptor is left: those connected are served, and newcomers come when there are some again", async (context) => {
  await using scene = await Scene.open(context);
  const monitor = await MonitorProcess.start(scene, {
    shell: "ulimit -n 90",
    flags: ["--stale-timeout", "5", "--metrics-interval", "1"],
  });
  const fleet = await Fleet.start(scene, {
    processes: 1,
    botsPerProcess: 10,
    heartbeatMs: 1_000,
    callsPerSecond: 2,
  });
  await fleet.isOnline(monitor);

  const guests = new Set<Socket>();
  scene.defer(() => {
    for (const guest of guests) guest.destroy();
  });
  const invite = () => {
    const guest = connect(scene.socketPath);
    guests.add(guest);
    guest.on("error", () => guest.destroy());
    guest.on("close", () => guests.delete(guest));
  };
  await until("the monitor says that it has none", async () => {
    for (let i = 0; i < 20; i++) invite();
    return (await monitor.health()).problems.some(({ code }) => code === "descriptors_exhausted");
  });
  const newcomers = await Fleet.start(scene, {
    name: "new",
    processes: 1,
    botsPerProcess: 3,
    heartbeatMs: 1_000,
    callsPerSecond: 2,
  });
  // Longer than a bot may be silent, and than several rounds of the sampler, which can open
  // nothing.
  await fleet.isHeard(monitor, Date.now() + 6_000);
  expect(monitor.exit).toBeNull();
  const bots = (await monitor.bots()).filter(({ channel }) => channel.startsWith("bot-"));
  expect(bots.map(({ status }) => status)).toEqual(Array(10).fill("online"));
  expect((await fleet.count()).reconnects).toBe(0);

  for (const guest of guests) guest.destroy();
  await newcomers.isOnline(monitor, 60_000);
  await until("it is well again", async () => (await monitor.health()).status === "ok");
  await fleet.stop();
  await newcomers.stop();
  const database = new DatabaseFile(scene);
  const own = (await fleet.count()).calls;
  await until("every call of those connected is stored", () => {
    const stored = [...database.calls()].filter(([channel]) => channel.startsWith("bot-"));
    return stored.reduce((sum, [, serials]) => sum + serials.size, 0) === own;
  });
  expect(database.transitions().filter(({ from, to }) => from !== null || to !== "online")).toEqual([]);
}, 120_000);
