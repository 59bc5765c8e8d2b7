import { expect, test } from "vitest";
import { forgottenInPassing } from "../../src/registry/cause.js";
import type { ProbeResult } from "../../src/registry/probe-result.js";
import { Monitor, row } from "./monitor.js";

const startMs = 1_764_000_000_000;
const pid7: ProbeResult = { state: "alive", startedAtMs: startMs, startKey: 70 };

/** What each of these counts for, summed: how many processes they are. */
function processesOf(monitor: Monitor, channels: readonly string[]): number {
  const sum = channels.reduce((total, channel) => total + 1 / monitor.registry.botsOfProcess(channel), 0);
  return Math.round(sum * 1e9) / 1e9;
}

const twelve = Array.from({ length: 12 }, (_, i) => `bot ${i}`);

/**
 * As `World` has it: the clock of a test begins long before the process starts, so its start is
 * told and not shown.
 */
function startTwelve(): Monitor {
  const monitor = new Monitor();
  for (const channel of twelve) monitor.register({ channel, startedAtMs: startMs });
  return monitor;
}

test("bots that tell the same pid and start are of one process, before it is seen, while it is, and in between", () => {
  const monitor = startTwelve();
  expect(processesOf(monitor, twelve)).toBe(1);
  for (const [i, channel] of twelve.entries()) {
    monitor.look({ channel, ...pid7 });
    expect(processesOf(monitor, twelve), `${i + 1} of them are seen`).toBe(1);
  }
  monitor.register({ channel: "late", startedAtMs: startMs });
  expect(processesOf(monitor, [...twelve, "late"]), "one came when the others had been seen").toBe(1);
  expect(monitor.registry.botsOfProcess("late")).toBe(13);
  monitor.register({ channel: "elsewhere", pid: 8, startedAtMs: startMs });
  expect(monitor.registry.botsOfProcess("elsewhere")).toBe(1);
  expect(monitor.registry.botsOfProcess("nobody")).toBe(1);
});

test("a bot that leaves, falls silent unseen, moves to another process or is forgotten leaves its part to the others", () => {
  const monitor = startTwelve();
  const rest = [...twelve];
  const drop = (why: string) => {
    rest.shift();
    expect(processesOf(monitor, rest), why).toBe(1);
    expect(monitor.registry.botsOfProcess(rest[0] as string), why).toBe(rest.length);
  };
  monitor.sayGoodbye({ channel: "bot 0" });
  drop("a goodbye");
  monitor.registry.forget("bot 1", forgottenInPassing);
  drop("forgotten");
  monitor.register({ channel: "bot 2", pid: 9, startedAtMs: startMs + 60_000 });
  drop("a restart on its own");
  expect(monitor.registry.botsOfProcess("bot 2")).toBe(1);
  monitor.wait(50);
  for (const channel of rest.slice(1)) monitor.beat({ channel, startedAtMs: startMs });
  monitor.wait(20);
  expect(monitor.bot("bot 3").status).toBe("stale");
  drop("silent, and nobody measures it");
  monitor.beat({ channel: "bot 3", startedAtMs: startMs });
  rest.push("bot 3");
  expect(processesOf(monitor, rest), "it beats again").toBe(1);
  for (const channel of rest) monitor.look({ channel, ...pid7 });
  monitor.wait(70);
  expect(monitor.bot("bot 5").status).toBe("stale");
  expect(processesOf(monitor, rest), "silent, and looked at all the same").toBe(1);
  for (const channel of rest) {
    monitor.look({ channel, state: "gone" });
    expect(monitor.bot(channel).status).toBe("dead");
    expect(monitor.registry.botsOfProcess(channel)).toBe(1);
  }
});

test("bots whose process is seen are of one, whatever each tells of its start", () => {
  const monitor = new Monitor();
  monitor.register({ channel: "silent about it" });
  monitor.register({ channel: "to the second", startedAtMs: startMs });
  monitor.register({ channel: "to the millisecond", startedAtMs: startMs + 321 });
  const channels = ["silent about it", "to the second", "to the millisecond"];
  expect(processesOf(monitor, channels), "as far as anybody knows").toBe(3);
  const result = { ...pid7, startedAtMs: startMs + 300 };
  monitor.clock.step(startMs + 10_000 - monitor.clock.wallMs());
  monitor.register({ channel: "silent about it" });
  for (const channel of channels.slice(1)) monitor.look({ channel, ...result });
  expect(processesOf(monitor, channels.slice(1))).toBe(1);
});

test("bots in containers share pid 1 and no process", () => {
  const monitor = new Monitor();
  const channels = twelve.slice(0, 4);
  for (const [i, channel] of channels.entries()) {
    monitor.register({ channel, pid: 1, startedAtMs: startMs + i });
  }
  for (const channel of ["tells nothing", "nor this one"]) {
    monitor.register({ channel, pid: 1 });
    monitor.beat({ channel, pid: 1, rssMb: 5, cpuPct: 1 });
  }
  // The machine's own process 1, which started long before.
  for (const channel of [...channels, "tells nothing", "nor this one"]) {
    monitor.look({ channel, pid: 1, state: "alive", startedAtMs: 0, startKey: 1 });
    expect(monitor.registry.botsOfProcess(channel)).toBe(1);
  }
});

test("restored bots of one process are of one again once they are looked at", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs() - 3_601_000;
  const result: ProbeResult = { state: "alive", startedAtMs, startKey: 70 };
  monitor.registry.restore(
    twelve.map((channel) => row(monitor.clock, { channel })),
    new Map(twelve.map((channel) => [channel, result])),
  );
  expect(processesOf(monitor, twelve)).toBe(1);
  for (const channel of twelve) monitor.look({ channel, ...result });
  expect(processesOf(monitor, twelve)).toBe(1);
});
