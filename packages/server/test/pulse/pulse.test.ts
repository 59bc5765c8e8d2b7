import { silentLogger as logger, ManualClock, until } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Secret } from "../../src/config/secret.js";
import { MonitorPulse, type MonitorPulseOptions } from "../../src/monitor-pulse.js";
import { watchdogMsOf } from "../../src/pulse/pulse.js";
import { HookServer, says } from "../notices/hook-server.js";

const clock = new ManualClock();
let pulse: MonitorPulse | undefined;
let server: HookServer;
const worker = { tickedMs: 0 };
const desk = {
  turnedMs: null as number | null,
  receivers: (): readonly unknown[] => [1, 2],
  failing: (): { name: string; sinceMs: number; detail: string; isOwed: boolean }[] => [],
};
const queue = { livenessDepth: 0, counters: { processed: { heartbeat: 0 } } };
let socketCode: string | null = null;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  server = await HookServer.start(says(200));
  Object.assign(desk, { turnedMs: null, failing: () => [] });
  queue.livenessDepth = 0;
  worker.tickedMs = clock.monotonicMs();
  socketCode = null;
});

afterEach(async () => {
  await pulse?.stop();
  vi.useRealTimers();
  await server[Symbol.asyncDispose]();
});

async function start(change: Partial<MonitorPulseOptions> = {}): Promise<MonitorPulse> {
  const url = Secret.ofValue(server.url("/ping/uuid?rid=1"));
  pulse = new MonitorPulse({
    clock,
    logger,
    worker,
    desk,
    queue,
    environment: {},
    notifyAlive: async () => true,
    deadman: { url, everyMs: 60_000 },
    socketProblem: () => (socketCode === null ? null : { code: socketCode }),
    ...change,
  });
  await pulse.start();
  return pulse;
}

/** Seconds in which the parts that are named do their work. */
function pass(seconds: number, { ticks = true, turns = true, takes = true } = {}): void {
  for (let i = 0; i < seconds; i++) {
    clock.pass(1_000);
    if (ticks) worker.tickedMs = clock.monotonicMs();
    if (turns && desk.turnedMs !== null) desk.turnedMs = clock.monotonicMs();
    if (takes) queue.counters.processed.heartbeat++;
    vi.advanceTimersByTime(1_000);
  }
}

const taken = (count: number) =>
  until(`${count} pings`, () => {
    const { ok = 0, fail = 0, failed = 0 } = pulse?.pings ?? {};
    return ok + fail + failed === count && server.requests.length === count;
  });

describe("the dead-man switch", () => {
  test("is asked at once and then each minute while the monitor does its work [alerts/A33]", async () => {
    await start();
    pass(1);
    await taken(1);
    pass(59);
    await taken(1);
    pass(60);
    await taken(2);
    expect(server.requests.map(({ path, body }) => [path, body])).toEqual([
      ["/ping/uuid?rid=1", ""],
      ["/ping/uuid?rid=1", ""],
    ]);
    expect(pulse?.pings).toEqual({ ok: 2, fail: 0, failed: 0 });
  });

  test.each<[string, () => void, Parameters<typeof pass>[1]]>([
    ["a worker that hangs", () => undefined, { ticks: false }],
    [
      "alerts that nobody looks at",
      () => Object.assign(desk, { turnedMs: clock.monotonicMs() }),
      { turns: false },
    ],
    [
      "messages of bots that nobody takes",
      () => Object.assign(queue, { livenessDepth: 3 }),
      { takes: false },
    ],
    ["a socket that is lost", () => (socketCode = "socket_lost"), {}],
  ])("is not asked from %s on, and is again when that is over [alerts/A33]", async (_, happen, work) => {
    await start({ deadman: { url: Secret.ofValue(server.url("/p")), everyMs: 10_000 } });
    pass(1);
    await taken(1);
    happen();
    // Within 10 s: what was due before that may still be asked once.
    pass(11, work);
    const before = server.requests.length;
    pass(300, work);
    expect(server.requests.length).toBeLessThanOrEqual(before + 1);
    Object.assign(desk, { turnedMs: null });
    queue.livenessDepth = 0;
    socketCode = null;
    pass(25);
    await until("one more ping", () => server.requests.length > before + 1);
  });

  test("learns at /fail why nobody can be told, after a quarter of an hour in which nothing got through [alerts/A33]", async () => {
    await start();
    const since = clock.wallMs();
    desk.failing = () => [
      { name: "ops", sinceMs: since, detail: "discord.com: 404", isOwed: true },
      { name: "mail", sinceMs: since, detail: "no connection", isOwed: false },
    ];
    pass(1);
    await taken(1);
    for (let minute = 1; minute <= 15; minute++) {
      pass(60);
      await taken(minute + 1);
    }
    expect(server.requests.slice(0, 14).every(({ path }) => path === "/ping/uuid?rid=1")).toBe(true);
    const last = server.requests.at(-1);
    expect([last?.path, last?.body]).toEqual([
      "/ping/uuid/fail?rid=1",
      "ops: discord.com: 404\nmail: no connection",
    ]);
    // One that gets through can tell of the other.
    desk.failing = () => [{ name: "ops", sinceMs: since, detail: "discord.com: 404", isOwed: true }];
    pass(60);
    await taken(17);
    expect(server.requests.at(-1)?.path).toBe("/ping/uuid?rid=1");
  });

  test("hears that all is well where receivers fail and there is no news for them [alerts/A33]", async () => {
    const failing = { sinceMs: clock.wallMs() - 3_600_000, detail: "404", isOwed: false };
    desk.failing = () => [
      { name: "ops", ...failing },
      { name: "mail", ...failing },
    ];
    await start();
    pass(1);
    await taken(1);
    expect(server.requests.at(-1)?.path).toBe("/ping/uuid?rid=1");
  });

  test("that takes no ping is counted, and no reason to stop", async () => {
    await server[Symbol.asyncDispose]();
    server = await HookServer.start([says(500), says(200)]);
    await start();
    pass(1);
    await taken(1);
    pass(60);
    await taken(2);
    expect(pulse?.pings).toEqual({ ok: 1, fail: 0, failed: 1 });
  });
});

test("systemd is told each third of its WatchdogSec, under the same conditions, and where it asks this process alone", async () => {
  expect(watchdogMsOf({ WATCHDOG_USEC: "60000000" }, 7)).toBe(20_000);
  expect(watchdogMsOf({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "7" }, 7)).toBe(20_000);
  expect(watchdogMsOf({ WATCHDOG_USEC: "60000000", WATCHDOG_PID: "8" }, 7)).toBeNull();
  for (const text of ["", "0", "soon"]) expect(watchdogMsOf({ WATCHDOG_USEC: text }, 7)).toBeNull();
  const notifyAlive = vi.fn(async () => true);
  await start({ deadman: null, environment: { WATCHDOG_USEC: "60000000" }, notifyAlive });
  pass(61);
  expect(notifyAlive).toHaveBeenCalledTimes(4);
  pass(300, { ticks: false });
  expect(notifyAlive.mock.calls.length).toBeLessThanOrEqual(5);
});

test("a monitor whose socket's path is lost pings no more, but systemd does not end it: that would cut off the bots that are connected [alerts/A33]", async () => {
  const notifyAlive = vi.fn(async () => true);
  await start({ environment: { WATCHDOG_USEC: "60000000" }, notifyAlive });
  pass(1);
  await taken(1);
  socketCode = "socket_lost";
  pass(300);
  expect(notifyAlive.mock.calls.length).toBeGreaterThanOrEqual(15);
  expect(server.requests.length).toBe(1);
  // One that hangs as well is ended.
  const before = notifyAlive.mock.calls.length;
  pass(300, { ticks: false });
  expect(notifyAlive.mock.calls.length).toBeLessThanOrEqual(before + 1);
});
