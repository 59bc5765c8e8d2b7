import { lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { balanceOf, isBalanced } from "./balance.js";
import { BotProcess } from "./bot-process.js";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import { LockHolder } from "./lock-holder.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";
import { StandIn } from "./stand-in.js";
import { watch } from "./watch.js";

const lockMs = 30_000;
const baselineMs = 5_000;

test.concurrent("the store locked for 30 s under load: ingest, liveness and HTTP are as before", async (context) => {
  await using scene = await Scene.open(context);
  const database = new DatabaseFile(scene);
  const monitor = await MonitorProcess.start(scene, { flags: ["--stale-timeout", "10"] });
  const fleet = await Fleet.start(scene, {
    processes: 4,
    botsPerProcess: 25,
    heartbeatMs: 2_000,
    callsPerSecond: 4,
    metricsPerSecond: 2,
  });
  await fleet.isOnline(monitor);
  await fleet.phase();
  const before = await watch(monitor, baselineMs, fleet.channels.length);
  const noticedBefore = await fleet.phase();

  const lock = await LockHolder.hold(scene, "immediate");
  const heldAtMs = performance.now();
  await until("the health says why", async () => {
    const { status, problems } = await monitor.health();
    return status === "degraded" && problems.some(({ code }) => code === "store_busy");
  });
  const newcomers = await Fleet.start(scene, {
    name: "new",
    processes: 1,
    botsPerProcess: 5,
    heartbeatMs: 1_000,
    callsPerSecond: 1,
  });
  await newcomers.isOnline(monitor, 15_000);
  const during = await watch(monitor, lockMs - (performance.now() - heldAtMs), fleet.channels.length + 5);
  const rowsWhileLocked = database.count("llm_usage");
  const waiting = (await monitor.metrics()).sum("kissbot_store_pending_rows");
  expect(waiting, "rows wait").toBeGreaterThan(0);
  await lock.release();
  const lockedForMs = performance.now() - heldAtMs;
  expect(lockedForMs).toBeGreaterThanOrEqual(lockMs);
  const noticed = await fleet.phase();

  expect(during.maxMs, "an answer waited for the lock").toBeLessThan(lockedForMs / 6);
  expect(during.medianMs).toBeLessThan(5 * before.medianMs + 100);
  expect(during.beatsPerSecond, "heartbeats are counted").toBeGreaterThan(0.6 * before.beatsPerSecond);
  expect(noticed.worst.call.max, "no bot noticed").toBeLessThan(lockedForMs / 10);
  expect(noticed.typical.call.p99).toBeLessThan(5 * noticedBefore.typical.call.p99 + 5);
  await fleet.stop();
  await newcomers.stop();
  const balance = await balanceOf([fleet, newcomers], monitor, database);
  expect(balance, JSON.stringify(balance)).toSatisfy(isBalanced);
  expect(balance).toMatchObject({
    droppedCalls: 0,
    droppedMetrics: 0,
    shedCalls: 0,
    shedMetrics: 0,
    rejected: 0,
  });
  expect(balance.storedCalls).toBeGreaterThan(rowsWhileLocked);
  await until("it is well again", async () => (await monitor.health()).status === "ok");
  const transitions = database.transitions();
  expect(transitions.filter(({ from, to }) => from !== null || to !== "online")).toEqual([]);
  expect(transitions).toHaveLength(fleet.channels.length + 5);
  console.info(
    `store locked for ${Math.round(lockedForMs)} ms: /api/v1/bots median ${before.medianMs.toFixed(1)} -> ${during.medianMs.toFixed(1)} ms, ` +
      `most ${during.maxMs.toFixed(0)} ms; heartbeats/s ${before.beatsPerSecond.toFixed(1)} -> ${during.beatsPerSecond.toFixed(1)}`,
  );
}, 180_000);

test.concurrent("a store that cannot be opened: the monitor serves without it, and merges when it opens", async (context) => {
  await using scene = await Scene.open(context);
  const database = new DatabaseFile(scene);
  const plan = { processes: 1, botsPerProcess: 5, heartbeatMs: 1_000, callsPerSecond: 2 };
  let monitor = await MonitorProcess.start(scene);
  const fleet = await Fleet.start(scene, plan);
  await fleet.isOnline(monitor);
  await until("every bot is stored", () => database.count("monitor_bots") === 5);
  const known = new Map((await monitor.bots()).map((bot) => [bot.channel, bot]));
  await fleet.stop();
  monitor.signal("SIGTERM");
  expect(await monitor.ends(15_000)).toMatchObject({ code: 0 });
  const lock = await LockHolder.hold(scene, "exclusive");

  const startedMs = performance.now();
  monitor = await MonitorProcess.start(scene);
  expect(performance.now() - startedMs, "it does not wait for ever").toBeLessThan(25_000);
  expect(monitor.report?.store.open).toBe(false);
  expect((await monitor.health()).status).toBe("degraded");
  const newcomers = await Fleet.start(scene, { ...plan, name: "new", botsPerProcess: 2 });
  await fleet.isOnline(monitor, 60_000);
  await newcomers.isOnline(monitor);
  await fleet.rates(5, 0);
  await lock.release();
  await until("the store is open", async () => (await monitor.health()).status === "ok");
  await fleet.stop();
  await newcomers.stop();
  await until("all is stored", async () => {
    const { calls } = await fleet.count();
    const metrics = await monitor.metrics();
    const isIdle = metrics.sum("kissbot_store_pending_rows") + metrics.sum("kissbot_queue_depth") === 0;
    return isIdle && database.count("llm_usage") === calls + (await newcomers.count()).calls;
  });
  database.calls();
  const bots = new Map((await monitor.bots()).map((bot) => [bot.channel, bot]));
  expect(bots.size).toBe(7);
  for (const [channel, { pid, registered_at, restarts }] of known) {
    expect(bots.get(channel), "what the store knew is merged").toMatchObject({
      pid,
      registered_at,
      restarts,
    });
  }
  const transitions = database.transitions();
  expect(transitions.filter(({ from, to }) => from !== null || to !== "online")).toEqual([]);
  expect(transitions, "a restart changes nothing: each bot came once").toHaveLength(7);
}, 120_000);

test.concurrent("SIGTERM while the store is locked: it gives up after its time; a second one ends it at once", async (context) => {
  await using scene = await Scene.open(context);
  for (const signals of [1, 2]) {
    const monitor = await MonitorProcess.start(scene);
    const fleet = await Fleet.start(scene, {
      name: `bot${signals}`,
      processes: 1,
      botsPerProcess: 5,
      heartbeatMs: 1_000,
      callsPerSecond: 20,
    });
    await fleet.isOnline(monitor);
    const lock = await LockHolder.hold(scene, "immediate");
    await until("rows wait for the store", async () => (await monitor.health()).store.pending_rows > 0);
    monitor.signal("SIGTERM");
    if (signals === 2) {
      await until("it is stopping", () => monitor.stderr.includes("stopping"));
      // What comes within 300 ms is the echo of one Ctrl-C.
      await lasting("the time in which a second signal is the echo of one Ctrl-C", 400);
      monitor.signal("SIGTERM");
      expect(await monitor.ends(5_000)).toMatchObject({ code: null, signal: "SIGTERM" });
    } else {
      const { code } = await monitor.ends(30_000);
      expect(code).toBe(0);
      expect(monitor.stderr, "it says what is lost").toContain("rows are lost");
    }
    await lock.release();
    for (const bots of fleet.processes) await bots[Symbol.asyncDispose]();
    expect(new DatabaseFile(scene).check()).toBe("ok");
  }
}, 120_000);

test.concurrent("a monitor that closes idle connections gets every beat", async (context) => {
  await using scene = await Scene.open(context);
  // The client takes a close for one of an idle connection after 10 s of its life.
  const standIn = await StandIn.start(scene, scene.socketPath, 11_000);
  const bots = await BotProcess.start(scene, { channels: ["idle"], heartbeatMs: 12_500 });
  const beats = () => standIn.arrivals().filter(({ type }) => type === "heartbeat");
  const startedMs = performance.now();
  await until("three beats have come", () => beats().length === 3, { timeoutMs: 60_000 });
  expect(performance.now() - startedMs).toBeGreaterThan(2 * 12_500 - 1_000);
  const spansMs = beats().flatMap(({ atMs }, i, all) => (i === 0 ? [] : [atMs - (all[i - 1]?.atMs ?? 0)]));
  for (const spanMs of spansMs) expect(spanMs, "no beat was late or lost").toBeLessThan(1.8 * 12_500);
  const { waiting, superseded, reconnects } = await bots.ask("count");
  expect({ waiting, superseded }).toEqual({ waiting: 0, superseded: 0 });
  expect(reconnects).toBe(2);
  const first = new Map(
    standIn
      .arrivals()
      .toReversed()
      .map(({ connection, type }) => [connection, type]),
  );
  expect(new Set(first.values()), "each connection begins with the registration").toEqual(
    new Set(["register"]),
  );
}, 90_000);
