import { existsSync, rmSync } from "node:fs";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { BotProcess } from "./bot-process.js";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";
import { StandIn } from "./stand-in.js";

const races = 6;
const perRace = 3;

test.concurrent("a second monitor refuses and names the first; started at once, exactly one runs", async (context) => {
  await using scene = await Scene.open(context);
  const first = await MonitorProcess.start(scene);
  const second = MonitorProcess.launch(scene);
  expect(await second.ends(30_000)).toMatchObject({ code: 1, signal: null });
  expect(second.stderr).toContain(`pid ${first.pid}`);
  expect(second.stderr).toContain("--socket");
  expect(second.stdout).toBe("");
  expect((await first.health()).status, "the first has not been disturbed").toBe("ok");
  const bots = await BotProcess.start(scene, { channels: ["a"], heartbeatMs: 500 });
  await until("the first hears", async () => (await first.count("online")) === 1);
  await bots[Symbol.asyncDispose]();
  // From here on each race begins with the socket that a killed monitor left.
  await first.crash();

  for (let race = 0; race < races; race++) {
    const monitors = Array.from({ length: perRace }, () => MonitorProcess.launch(scene));
    const losers = () => monitors.filter(({ exit }) => exit !== null);
    await until(`all but one have ended in race ${race}`, () => losers().length >= perRace - 1, {
      timeoutMs: 60_000,
      describe: () => monitors.map(({ exit, stderr }) => ({ exit, stderr: stderr.slice(-300) })),
    });
    const [winner, ...others] = monitors.filter(({ exit }) => exit === null);
    expect(others).toEqual([]);
    for (const { exit, stderr } of losers()) {
      expect(exit, stderr).toMatchObject({ code: 1, signal: null });
      expect(stderr).toMatch(/another monitor \(pid \d+\)/);
    }
    await winner?.isUp();
    for (const { stderr } of losers()) expect(stderr).toContain(`pid ${winner?.pid}`);
    await winner?.crash();
  }
}, 240_000);

test.concurrent("somebody takes the path away: it is noticed and taken back, and no bot is blamed", async (context) => {
  await using scene = await Scene.open(context);
  const monitor = await MonitorProcess.start(scene, { flags: ["--stale-timeout", "4"] });
  const fleet = await Fleet.start(scene, {
    processes: 1,
    botsPerProcess: 10,
    heartbeatMs: 1_000,
    callsPerSecond: 5,
  });
  await fleet.isOnline(monitor);

  // As the Python monitor does when it starts: ours is not asked.
  const standIn = await StandIn.start(scene, scene.socketPath, 30_000);
  await until("the monitor notices", async () => {
    const { status, problems } = await monitor.health();
    return status === "degraded" && problems.some(({ code }) => code === "socket_lost");
  });
  const late = await Fleet.start(scene, {
    name: "late",
    processes: 1,
    botsPerProcess: 2,
    heartbeatMs: 1_000,
  });
  await until("who comes now lands there", () => standIn.arrivals().some(({ type }) => type === "heartbeat"));
  // Longer than a bot may be silent: those that are connected are still heard.
  await fleet.isHeard(monitor, Date.now() + 5_000);
  expect((await monitor.bots()).map(({ status }) => status)).toEqual(Array(10).fill("online"));
  expect((await fleet.count()).reconnects, "they keep their connections").toBe(0);

  // It is killed, and leaves its file: nobody answers there any more.
  await standIn[Symbol.asyncDispose]();
  await until("it is well again", async () => (await monitor.health()).status === "ok");
  expect(existsSync(scene.socketPath)).toBe(true);
  await late.isOnline(monitor, 60_000);

  // `rm` by hand: bound again as well.
  rmSync(scene.socketPath);
  await until("the path is back", () => existsSync(scene.socketPath));
  const last = await Fleet.start(scene, {
    name: "last",
    processes: 1,
    botsPerProcess: 2,
    heartbeatMs: 1_000,
  });
  await last.isOnline(monitor);
  expect(monitor.stderr).toContain("listening on the path again");
  await fleet.stop();
  const database = new DatabaseFile(scene);
  const { calls, droppedCalls } = await fleet.count();
  expect(droppedCalls).toBe(0);
  await until("every call is stored", () => database.count("llm_usage") === calls);
  expect(database.transitions().filter(({ from, to }) => from !== null || to !== "online")).toEqual([]);
}, 120_000);
