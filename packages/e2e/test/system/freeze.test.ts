import { lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { balanceOf, isBalanced } from "./balance.js";
import { DatabaseFile } from "./database-file.js";
import { Fleet, phaseOf } from "./fleet.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";
import { StandIn } from "./stand-in.js";

const freezeMs = 30_000;
const baselineMs = 5_000;
/** Longer than the monitor judges nobody after a sleep. */
const afterMs = 7_000;

test("the incident: 200 bots, the monitor stopped for 30 s", async (context) => {
  await using scene = await Scene.open(context);
  // A third of the freeze: a monitor that blamed the bots for its sleep would call all of them
  // stale.
  const monitor = await MonitorProcess.start(scene, { flags: ["--stale-timeout", "10"] });
  const fleet = await Fleet.start(scene, {
    processes: 7,
    botsPerProcess: 25,
    heartbeatMs: 2_000,
    callsPerSecond: 2,
    metricsPerSecond: 1,
  });
  // These report so much that kernel and buffer cannot hold it: what they lose is counted.
  const busy = await Fleet.start(scene, {
    name: "busy",
    processes: 1,
    botsPerProcess: 25,
    heartbeatMs: 2_000,
    callsPerSecond: 20,
    metricsPerSecond: 0,
    options: { maxBufferedLines: 64 },
  });
  const all = [fleet, busy] as const;
  // The same bots beside them, with somebody who is never stopped: what they notice is the machine.
  const standIn = await StandIn.start(scene, scene.file("other.sock"), 60_000);
  const control = await Fleet.start(scene, {
    name: "control",
    socketPath: scene.file("other.sock"),
    processes: 1,
    botsPerProcess: 25,
    heartbeatMs: 2_000,
    callsPerSecond: 2,
    metricsPerSecond: 1,
  });
  for (const each of all) await each.isOnline(monitor);
  await phaseOf(all);
  await control.phase();
  await lasting("the time before the freeze", baselineMs);
  const before = await phaseOf(all);
  await control.phase();

  monitor.signal("SIGSTOP");
  const stoppedAtMs = performance.now();
  await lasting("the freeze", freezeMs);
  const frozenForMs = performance.now() - stoppedAtMs;
  const during = await phaseOf(all);
  const meanwhile = await control.phase();
  const dropsDuring = (await busy.count()).droppedCalls;
  const resumedAtMs = Date.now();
  monitor.signal("SIGCONT");

  for (const each of all) await each.isHeard(monitor, resumedAtMs);
  await lasting("the time in which a bot could be blamed", afterMs);
  for (const each of all) await each.stop();
  const counts = await Promise.all(all.map((each) => each.count()));

  // No bot noticed: neither its event loop, nor any of its calls.
  const { worst, typical } = during;
  expect(worst.delay.max, "an event loop stood still").toBeLessThan(frozenForMs / 10);
  expect(worst.call.max, "a call took long").toBeLessThan(frozenForMs / 10);
  expect(worst.settle.max, "a promise was kept late").toBeLessThan(frozenForMs / 10);
  // In the same run, before the stop and beside it.
  for (const [what, slackMs] of [["delay", 50] as const, ["call", 5] as const, ["settle", 50] as const]) {
    const baseMs = Math.max(before.typical[what].p99, meanwhile.typical[what].p99);
    expect(typical[what].p99, `${what}, p99`).toBeLessThan(5 * baseMs + slackMs);
  }
  expect(typical.call.n, "they did report").toBeGreaterThan(before.typical.call.n);
  expect(standIn.arrivals().length).toBeGreaterThan(meanwhile.typical.call.n);
  for (const count of counts) {
    expect(count.faults).toEqual({ thrown: 0, rejected: 0 });
    expect(count.reconnects, "frozen is not dead").toBe(0);
  }
  expect(counts[0]?.droppedCalls, "a usual bot loses nothing").toBe(0);
  expect(dropsDuring, "a busy one loses what does not fit").toBeGreaterThan(0);

  // Nobody was blamed: the only change of each bot is that it came.
  const bots = await monitor.bots();
  expect(bots).toHaveLength(200);
  expect(bots.filter(({ status }) => status !== "online")).toEqual([]);

  // Everything was reported: of both fleets together, as the monitor's counters know no fleets.
  const database = new DatabaseFile(scene);
  const balance = await balanceOf(all, monitor, database);
  expect(balance, JSON.stringify(balance)).toSatisfy(isBalanced);
  expect(balance).toMatchObject({ rejected: 0, shedCalls: 0, shedMetrics: 0 });
  await until("the clients have told what they lost", async () => {
    const told = (await monitor.metrics()).sum("kissbot_client_dropped_total");
    return told === balance.droppedCalls + balance.droppedMetrics;
  });
  const transitions = database.transitions();
  expect(transitions.filter(({ from, to }) => from !== null || to !== "online")).toEqual([]);
  expect(transitions).toHaveLength(200);
  const shown = (what: "delay" | "call") =>
    [before, during, meanwhile].map((phase) => phase.typical[what].p99.toFixed(2)).join(" / ");
  console.info(
    `freeze of ${Math.round(frozenForMs)} ms, ${balance.calls} calls; p99 in ms before / during / beside bots of another monitor: ` +
      `event loop ${shown("delay")}, call ${shown("call")}; worst event loop ${worst.delay.max.toFixed(0)} ms; ` +
      `${balance.droppedCalls} dropped by busy bots`,
  );
}, 180_000);
