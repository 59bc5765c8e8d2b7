import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import { MonitorProcess } from "./monitor-process.js";
import { hasPython } from "./python.js";
import { Scene } from "./scene.js";

test.concurrent("SIGTERM under load: it ends with 0, and the next one goes on as if nothing had been", async (context) => {
  await using scene = await Scene.open(context);
  const database = new DatabaseFile(scene);
  let monitor = await MonitorProcess.start(scene);
  const fleet = await Fleet.start(scene, {
    processes: 2,
    botsPerProcess: 20,
    heartbeatMs: 1_000,
    callsPerSecond: 10,
    metricsPerSecond: 5,
  });
  await fleet.isOnline(monitor);
  const known = (await monitor.bots()).map(({ channel, registered_at, restarts }) => ({
    channel,
    registered_at,
    restarts,
  }));
  monitor.signal("SIGTERM");
  const startedMs = performance.now();
  expect(await monitor.ends(20_000)).toMatchObject({ code: 0, signal: null });
  const stopMs = performance.now() - startedMs;
  expect(existsSync(scene.socketPath)).toBe(false);
  expect(monitor.stderr).not.toContain("rows are lost");
  // Who looks with the old tools sees a monitor that is not there; we remember how it was.
  expect(database.rows("SELECT DISTINCT status FROM bot_status")).toEqual([{ status: "offline" }]);
  expect(database.rows("SELECT DISTINCT status FROM monitor_bots")).toEqual([{ status: "online" }]);
  const transitions = database.transitions();
  expect(transitions).toHaveLength(40);

  const restartedAtMs = Date.now();
  monitor = await MonitorProcess.start(scene);
  await fleet.isHeard(monitor, restartedAtMs);
  const bots = await monitor.bots();
  expect(bots.map(({ channel, registered_at, restarts }) => ({ channel, registered_at, restarts }))).toEqual(
    known,
  );
  await fleet.stop();
  await fleet.isHeard(monitor, Date.now());
  // What the bots hand over between the last look at the sockets and the close is lost with it: no
  // more than a moment of theirs.
  const { calls, droppedCalls } = await fleet.count();
  await until("all is stored", async () => {
    const metrics = await monitor.metrics();
    return metrics.sum("kissbot_queue_depth") + metrics.sum("kissbot_store_pending_rows") === 0;
  });
  const stored = [...database.calls().values()].reduce((sum, serials) => sum + serials.size, 0);
  const lost = calls - droppedCalls - stored;
  expect(lost).toBeGreaterThanOrEqual(0);
  expect(lost, "the calls of a second").toBeLessThanOrEqual(40 * 10);
  // Status and history are written within 200 ms of what they tell of.
  await until("the old table is current", () => {
    return database.value("SELECT count(*) FROM bot_status WHERE status = 'online'") === 40;
  });
  expect(database.transitions()).toEqual(transitions);
  console.info(`SIGTERM under load: ended after ${Math.round(stopMs)} ms, ${lost} of ${calls} calls lost`);
}, 120_000);

const python = fileURLToPath(new URL("../../../store/test/python-monitor.py", import.meta.url));

test("a file of the Python monitor: taken over, given back, and taken over again", {
  concurrent: true,
  skip: !hasPython("the way from the Python monitor's file and back"),
  timeout: 120_000,
}, async (context) => {
  await using scene = await Scene.open(context);
  const database = new DatabaseFile(scene);
  const asPython = async (...args: string[]) => {
    const program = scene.own(new Child("python3", [python, scene.storePath, ...args]));
    const { code } = await program.ends(30_000);
    expect(code, program.stderr).toBe(0);
    return JSON.parse(program.stdout) as Record<string, unknown>;
  };
  const old = ["bot_metrics", "bot_status", "llm_usage", "llm_totals"];
  const schema = () => {
    const names = old.map((name) => `'${name}'`).join();
    return database.rows(`SELECT name, sql FROM sqlite_master WHERE tbl_name IN (${names}) ORDER BY name`);
  };
  await asPython("create", "all");
  const before = schema();

  for (const round of [1, 2]) {
    const monitor = await MonitorProcess.start(scene);
    const fleet = await Fleet.start(scene, {
      name: `round${round}`,
      processes: 1,
      botsPerProcess: 3,
      heartbeatMs: 500,
      callsPerSecond: 10,
    });
    await fleet.isOnline(monitor);
    const bots = new Map((await monitor.bots()).map(({ channel, status }) => [channel, status]));
    expect(bots.get("old_bot"), "it was not heard for long").toBe("stale");
    if (round === 2) expect(bots.has("new_bot"), "what Python wrote meanwhile is known").toBe(true);
    await fleet.stop();
    const { calls } = await fleet.count();
    await until("every call is stored", () => {
      const rows = `SELECT count(*) FROM llm_usage WHERE channel LIKE 'round${round}-%'`;
      return database.value(rows) === calls;
    });
    monitor.signal("SIGTERM");
    expect(await monitor.ends(20_000)).toMatchObject({ code: 0 });
    expect(schema(), "the old tables are as they were").toEqual(before);

    const seen = await asPython("use");
    expect(seen["check"]).toBe("ok");
    const statuses = seen["statuses"] as [channel: string, pid: number, status: string][];
    for (const channel of fleet.channels) {
      expect(statuses.find(([name]) => name === channel)?.[2]).toBe("offline");
    }
    for (const bots of fleet.processes) await bots[Symbol.asyncDispose]();
  }
  expect(database.value("SELECT count(*) FROM llm_usage WHERE channel = 'python_era'")).toBe(1_000);
  expect(database.value("SELECT count(*) FROM llm_usage WHERE channel = 'old_bot'")).toBe(3);
});
