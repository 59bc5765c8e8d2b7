import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import { MonitorProcess } from "./monitor-process.js";
import { Scene } from "./scene.js";

const hourMs = 3_600_000;
/** Longer than a bot may be silent. */
const watchMs = 4_000;
const flags = ["--stale-timeout", "3", "--metrics-interval", "1"];

/**
 * A wall clock for the processes of a scene that can be stepped, as all of a machine's processes
 * see it.
 */
class StepClock {
  readonly env: Record<string, string>;
  readonly #path: string;
  #stepMs = 0;

  constructor(scene: Scene) {
    this.#path = scene.file("clock");
    const preload = pathToFileURL(scene.project.file("clock-step.mjs")).href;
    this.env = { NODE_OPTIONS: `--import=${preload}`, E2E_CLOCK_FILE: this.#path };
    this.step(0);
  }

  /** Adds to the step; the time that the processes have then. */
  step(byMs: number): number {
    this.#stepMs += byMs;
    writeFileSync(this.#path, String(this.#stepMs));
    return this.nowMs();
  }

  nowMs(): number {
    return Date.now() + this.#stepMs;
  }
}

test.concurrent("the clock is stepped by hours, both ways, while monitor and bots run", async (context) => {
  await using scene = await Scene.open(context);
  const clock = new StepClock(scene);
  const { env } = clock;
  const database = new DatabaseFile(scene);
  const startedAtMs = clock.nowMs();
  const monitor = await MonitorProcess.start(scene, { env, flags });
  const plan = { processes: 1, botsPerProcess: 5, heartbeatMs: 500, callsPerSecond: 4, env };
  const fleet = await Fleet.start(scene, plan);
  await fleet.isOnline(monitor);
  await until("the processes are seen", async () => (await monitor.bots()).every((bot) => bot.process_seen));

  for (const [i, stepMs] of [2 * hourMs, -5 * hourMs, 26 * hourMs].entries()) {
    clock.step(stepMs);
    await lasting("longer than a bot may be silent", watchMs);
    const bots = await monitor.bots();
    expect(bots.map(({ status }) => status)).toEqual(bots.map(() => "online"));
    const nowMs = clock.nowMs();
    for (const bot of bots) {
      expect(Math.abs(nowMs - Date.parse(bot.last_seen)), "last_seen is of the clock as it is").toBeLessThan(
        20_000,
      );
    }
    const newcomer = await Fleet.start(scene, { ...plan, name: `new${i}`, botsPerProcess: 1 });
    await newcomer.isOnline(monitor);
  }
  await fleet.stop();
  const { calls } = await fleet.count();
  await until("every call is stored", () => {
    const own = [...database.calls()].filter(([channel]) => channel.startsWith("bot-"));
    return own.reduce((sum, [, serials]) => sum + serials.size, 0) === calls;
  });
  expect(database.transitions().filter(({ from, to }) => from !== null || to !== "online")).toEqual([]);
  const shape = "????-??-??T??:??:??.??????+00:00";
  expect(database.value(`SELECT count(*) FROM llm_usage WHERE ts NOT GLOB '${shape}'`)).toBe(0);
  const [first, last] = [startedAtMs - 4 * hourMs, clock.nowMs() + 60_000].map((ms) =>
    new Date(ms).toISOString(),
  );
  expect(database.value(`SELECT count(*) FROM llm_usage WHERE ts < '${first}' OR ts > '${last}'`)).toBe(0);
}, 120_000);

test.concurrent.for([
  // By less than the bots' age.
  { step: "a little forward", stepMs: 5_000, news: [] },
  // By the clock as it is then, each process began after its bot was last heard: it cannot be told
  // from one that took over the pid. So the bot is dead until it beats, and no restart is counted.
  { step: "forward", stepMs: 3 * hourMs, news: ["online dead", "dead online"] },
  { step: "back", stepMs: -3 * hourMs, news: [] },
])(
  "the clock is stepped $step while the monitor is down: a restart counts nobody as another",
  { timeout: 90_000 },
  async ({ stepMs, news }, context) => {
    await using scene = await Scene.open(context);
    const clock = new StepClock(scene);
    const { env } = clock;
    const database = new DatabaseFile(scene);
    let monitor = await MonitorProcess.start(scene, { env, flags: ["--metrics-interval", "1"] });
    const fleet = await Fleet.start(scene, { processes: 1, botsPerProcess: 5, heartbeatMs: 500, env });
    const startedAtMs = Date.now();
    await fleet.isOnline(monitor);
    await until("the processes are seen", async () =>
      (await monitor.bots()).every((bot) => bot.process_seen),
    );
    await until("and stored as seen", () => {
      return database.value("SELECT count(*) FROM monitor_bots WHERE process_seen = 1") === 5;
    });
    await until("the bots are older than the step", () => Date.now() - startedAtMs > 8_000);
    await until("and were heard since", () => {
      const lastSeenMs = database.value("SELECT min(last_seen_ms) FROM monitor_bots");
      return Number(lastSeenMs) > startedAtMs + 7_000;
    });
    await monitor.crash();
    const restartedAtMs = clock.step(stepMs);
    monitor = await MonitorProcess.start(scene, { env, flags: ["--metrics-interval", "1"] });
    await fleet.isHeard(monitor, restartedAtMs);
    await lasting("longer than a bot may be silent", watchMs);
    expect((await monitor.bots()).map(({ status, restarts }) => `${status} ${restarts}`)).toEqual(
      Array(5).fill("online 0"),
    );
    const told = database.transitions().filter(({ from }) => from !== null);
    expect([...new Set(told.map(({ from, to }) => `${from} ${to}`))]).toEqual(news);
    expect(told).toHaveLength(news.length * 5);
  },
);
