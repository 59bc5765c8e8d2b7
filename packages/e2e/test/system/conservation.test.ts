import { connect } from "node:net";
import { lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { balanceOf, isBalanced } from "./balance.js";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import { LockHolder } from "./lock-holder.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";

/** Lines that no monitor takes, and one of a type to come; each with its `\n`. */
const badLines = [
  '{"type":"llm_usage","channel":"bad","model":"m","feature":"e2e","tokens_in":-1,"tokens_out":1}',
  '{"type":"custom_metric","channel":"bad","metric_name":"x","value":"1"}',
  '{"type":"heartbeat","channel":"bad"}',
  "not json",
  "[]",
];
const unknownLine = '{"type":"from_the_future","channel":"bad"}';

test("conservation: floods past the queue's bound, a locked store, freezes, new connections, bad lines", async (context) => {
  await using scene = await Scene.open(context);
  const database = new DatabaseFile(scene);
  const monitor = await MonitorProcess.start(scene, { flags: ["--queue-limit", "500"] });
  const fleet = await Fleet.start(scene, {
    processes: 2,
    botsPerProcess: 10,
    heartbeatMs: 500,
    callsPerSecond: 20,
    metricsPerSecond: 20,
    options: { maxBufferedLines: 128 },
  });
  await fleet.isOnline(monitor);
  const metricsNow = () => monitor.metrics();
  const shed = async () => (await metricsNow()).sumOrZero("kissbot_messages_shed_total", "queue_full");

  // Flooded while the store takes nothing: the queue sheds, metrics first.
  let lock = await LockHolder.hold(scene, "immediate");
  await fleet.rates(150, 150);
  await until("usage is shed", async () => {
    return (
      (await metricsNow()).sumOrZero("kissbot_messages_shed_total", "queue_full", 'type="llm_usage"') > 100
    );
  });
  await lock.release();

  // Frozen under the flood: the kernel fills, then the clients' buffers, then they drop.
  monitor.signal("SIGSTOP");
  await until("clients drop", async () => (await fleet.count()).drops.llm_usage["buffer_full"] !== undefined);
  monitor.signal("SIGCONT");

  // Every bot takes a new connection, and calls the client that it closed until it has.
  await Promise.all(fleet.processes.map((bots) => bots.ask("renew")));
  lock = await LockHolder.hold(scene, "immediate");
  const guest = connect(scene.socketPath);
  scene.defer(() => guest.destroy());
  guest.write(`${[...badLines, unknownLine].join("\n")}\n\n`);
  await until("the bad lines are counted", async () => {
    return (await metricsNow()).sumOrZero("kissbot_lines_rejected_total") >= badLines.length;
  });
  // Frozen once more, now with the store locked, and let go in the other order.
  monitor.signal("SIGSTOP");
  await lasting("the second freeze", 1_000);
  await lock.release();
  monitor.signal("SIGCONT");
  await fleet.rates(20, 20);
  const shedSoFar = await shed();
  expect(shedSoFar).toBeGreaterThan(0);

  await fleet.stop();
  const balance = await balanceOf([fleet], monitor, database);
  expect(balance, JSON.stringify(balance)).toSatisfy(isBalanced);
  expect(balance.rejected).toBe(badLines.length);
  const metrics = await metricsNow();
  expect(metrics.sum("kissbot_lines_ignored_total")).toBe(1);
  for (const type of ["register", "unregister"]) {
    expect(metrics.sumOrZero("kissbot_messages_shed_total", `type="${type}"`, "queue_full"), type).toBe(0);
  }
  const { drops, faults } = await fleet.count();
  expect(faults).toEqual({ thrown: 0, rejected: 0 });
  const bad = database.transitions().filter(({ from, to }) => from !== null || to !== "online");
  expect(bad, "nobody is blamed").toEqual([]);
  console.info(
    `conservation: ${balance.calls} calls = ${balance.droppedCalls} dropped by clients + ${balance.shedCalls} shed + ${balance.storedCalls} stored; ` +
      `${balance.metrics} metrics = ${balance.droppedMetrics} + ${balance.shedMetrics} + ${balance.storedMetrics}; drops ${JSON.stringify(drops)}`,
  );
}, 150_000);
