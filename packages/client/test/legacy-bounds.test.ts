import { spawn } from "node:child_process";
import type { Message, Register } from "@kissbot/protocol";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { AbsentMonitor, FrozenMonitor, RecordingMonitor } from "../src/testing.js";
import { type Child, killChildren, runProgram } from "./child.js";

// Thousands of bots take long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let recording: RecordingMonitor;
let frozen: FrozenMonitor;
let absent: AbsentMonitor;

beforeEach(async () => {
  recording = await new RecordingMonitor().start();
  frozen = await new FrozenMonitor().start();
  absent = new AbsentMonitor();
});

afterEach(async () => {
  await killChildren();
  await recording.stop();
  await frozen.stop();
});
afterAll(killChildren);

/**
 * A supervisor in a process of its own. `resources()` tells what it holds: connections, timers,
 * descriptors, megabytes. It prints what `report` is given as a line of JSON.
 */
const head = `
import { createHook } from "node:async_hooks";
import { readdirSync, writeSync } from "node:fs";
const alive = new Map();
createHook({
  init: (id, type) => { if (/^(PIPEWRAP|PIPECONNECTWRAP|Timeout)$/.test(type)) alive.set(id, type); },
  destroy: (id) => alive.delete(id),
}).enable();
const { HeartbeatTask, registerWithMonitor, sendHeartbeat, unregisterFromMonitor } = await import("@kissbot/client/legacy");
// Node opens it, a pipe here, when the first socket is destroyed.
void process.stderr;
const turn = () => new Promise(setImmediate);
const path = process.env.KISSBOT_MONITOR_SOCKET;
async function resources() {
  for (let i = 0; i < 5; i++) { await new Promise((resolve) => setTimeout(resolve, 20)); gc(); }
  const count = (type) => [...alive.values()].filter((other) => other === type).length;
  const heap = process.memoryUsage();
  return {
    connections: count("PIPEWRAP"),
    timers: count("Timeout"),
    descriptors: process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0,
    mb: (heap.heapUsed + heap.external) / 1_048_576,
  };
}
const report = (what) => writeSync(1, JSON.stringify(what) + "\\n");
const grown = async (before) => {
  const after = await resources();
  return Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]]));
};
`;

interface Growth {
  readonly connections: number;
  readonly timers: number;
  readonly descriptors: number;
  readonly mb: number;
}

function supervise(text: string, { socketPath }: { socketPath: string }): Child {
  return runProgram(head + text, { KISSBOT_MONITOR_SOCKET: socketPath }, ["--expose-gc"]);
}

/** What it printed, after an end in good order. */
async function outcome<T>(child: Child): Promise<T> {
  const { code, stdout, stderr } = await child.exited;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout.trim().split("\n").at(-1) as string) as T;
}

const nameOf = ({ channel, pid }: { channel: string; pid: number }) => `${channel} ${pid}`;

function isRegister(message: Message | undefined): message is Register {
  return message?.type === "register";
}

test.each([
  ["the monitor reads", () => recording],
  ["the monitor is frozen", () => frozen],
  ["there is no monitor", () => absent],
])(
  "a supervisor whose bots crash holds one connection and few timers, however often, while %s [client/F5] [client/F6]",
  async (_, monitor) => {
    const grown = await outcome<Growth>(
      supervise(
        `
const before = await resources();
for (let i = 1; i <= 3_000; i++) {
  registerWithMonitor("one of many lives", i, { chat: true });
  registerWithMonitor("channel " + i, 50_000 + i, { chat: true });
  sendHeartbeat("channel " + i, 50_000 + i);
  sendHeartbeat("without registration", i);
  if (i % 20 === 0) await turn();
}
report(await grown(before));`,
        monitor(),
      ),
    );
    expect(grown.connections).toBeLessThanOrEqual(1);
    expect(grown.timers).toBeLessThanOrEqual(4);
    expect(grown.descriptors).toBeLessThanOrEqual(8);
    expect(grown.mb).toBeLessThan(12);
  },
);

test.each([
  ["the monitor is frozen", () => frozen],
  ["there is no monitor", () => absent],
])("of bots that came and went while %s, few are remembered [client/F6]", async (_, monitor) => {
  const grown = await outcome<Growth>(
    supervise(
      `
const before = await resources();
for (let i = 1; i <= 20_000; i++) {
  registerWithMonitor("channel " + i, i, { chat: true });
  sendHeartbeat("channel " + i, i);
  unregisterFromMonitor("channel " + i, i);
  if (i % 20 === 0) await turn();
}
report(await grown(before));`,
      monitor(),
    ),
  );
  expect(grown.connections).toBeLessThanOrEqual(1);
  expect(grown.timers).toBeLessThanOrEqual(4);
  expect(grown.mb).toBeLessThan(6);
});

test("a monitor that comes back sees one connection, the bots that live, and the last of those that went [client/F6]", async () => {
  const child = supervise(
    `
for (let i = 1; i <= 20; i++) registerWithMonitor("alive " + i, i, { chat: true });
for (let i = 1; i <= 6_000; i++) {
  registerWithMonitor("gone " + i, i, {});
  unregisterFromMonitor("gone " + i, i);
  if (i % 20 === 0) await turn();
}
report("ready");
setInterval(() => {}, 1_000);`,
    absent,
  );
  await vi.waitFor(() => expect(child.stdout).toContain("ready"), { timeout: 60_000 });
  const monitor = await new RecordingMonitor({ socketPath: absent.socketPath }).start();
  await monitor.waitFor((messages) => messages.at(-1)?.channel === "gone 6000", { timeoutMs: 60_000 });
  expect(monitor.messages.at(-1)?.type).toBe("unregister");
  expect(monitor.connections).toBe(1);
  expect(monitor.messages.length).toBeLessThanOrEqual(20 + 2 * 1_024);
  const alive = monitor.ofType("register").filter(({ channel }) => channel.startsWith("alive"));
  expect(alive.length).toBe(20);
  child.signal("SIGKILL");
  await monitor.stop();
});

test("a thousand live bots share one connection, are registered again on the next one, and go on beating [client/F5]", async () => {
  const child = supervise(
    `
for (let i = 1; i <= 1_000; i++) {
  registerWithMonitor("bot " + i, i, { chat: true });
  new HeartbeatTask("bot " + i, i, 0.5).start();
}
for (let i = 1; i <= 5_000; i++) {
  registerWithMonitor("crashed", 10_000 + i, {});
  if (i % 100 === 0) await turn();
}
setInterval(() => {}, 1_000);`,
    recording,
  );
  const bots = () => new Set(recording.ofType("heartbeat").map(nameOf));
  await recording.waitFor(() => bots().size === 1_000, { timeoutMs: 60_000 });
  await recording.waitFor(() => recording.ofType("register").some((bot) => nameOf(bot) === "crashed 15000"));
  for (let restart = 2; restart <= 3; restart++) {
    await recording.stop();
    recording.messages.length = 0;
    await recording.start();
    await recording.waitFor(() => bots().size === 1_000, { timeoutMs: 60_000 });
    expect(recording.connections).toBe(restart);
    const first = recording.messages.slice(0, 1_001);
    expect(first.every(isRegister)).toBe(true);
    // What the monitor must know of each: how often it beats. Of the channel whose bot crashed,
    // only the newest.
    expect(first.filter((message) => isRegister(message) && message.interval_s === 0.5).length).toBe(1_000);
    expect(
      first.filter(({ channel }) => channel === "crashed").map((bot) => nameOf(bot as Register)),
    ).toEqual(["crashed 15000"]);
  }
  expect(recording.rejections).toEqual([]);
  child.signal("SIGKILL");
});

test("every line of one tick about a thousand bots is sent, in the order of the calls [client/F5]", async () => {
  await outcome(
    supervise(
      `
for (let i = 1; i <= 1_000; i++) registerWithMonitor("bot " + i, i, { chat: true });
for (let i = 1; i <= 1_000; i++) sendHeartbeat("bot " + i, i);
await new Promise((resolve) => setTimeout(resolve, 50));
for (let i = 1; i <= 2_000; i++) unregisterFromMonitor("bot " + i, i);
report({});`,
      recording,
    ),
  );
  await recording.waitFor(({ length }) => length >= 4_000, { timeoutMs: 60_000 });
  const expected = [
    ...Array.from({ length: 1_000 }, (_, i) => `register ${i + 1}`),
    ...Array.from({ length: 1_000 }, (_, i) => `heartbeat ${i + 1}`),
    ...Array.from({ length: 2_000 }, (_, i) => `unregister ${i + 1}`),
  ];
  expect(recording.messages.map((message) => `${message.type} ${(message as Register).pid}`)).toEqual(
    expected,
  );
  expect(recording.connections).toBe(1);
});

test("a program that reports at a new socket each time holds sixteen connections, and each path goes on working [client/F5]", async () => {
  const paths = await Promise.all(Array.from({ length: 30 }, () => new RecordingMonitor().start()));
  const child = supervise(
    `
const paths = ${JSON.stringify(paths.map(({ socketPath }) => socketPath))};
const before = await resources();
const task = new HeartbeatTask("task", 1, 0.05, paths[0]);
task.start();
for (const round of [1, 2]) for (const path of paths) {
  registerWithMonitor("bot " + round, 7, {}, path);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
report(await grown(before));
await task.stop();`,
    absent,
  );
  const grown = await outcome<Growth>(child);
  expect(grown.connections).toBeLessThanOrEqual(16);
  expect(grown.connections).toBeGreaterThan(1);
  for (const monitor of paths) {
    const channels = new Set(monitor.ofType("register").map(({ channel }) => channel));
    expect(channels).toEqual(new Set(["bot 1", "bot 2"]));
  }
  // The task went on, though others were used more than its connection.
  expect(paths[0]?.ofType("heartbeat").length).toBeGreaterThan(10);
  await Promise.all(paths.map((monitor) => monitor.stop()));
});

test("what is remembered of a bot keeps no larger text in memory that its names were cut out of [client/F6] [client/F7]", async () => {
  const grown = await outcome<Growth>(
    supervise(
      `
const before = await resources();
for (let i = 1; i <= 200; i++) {
  const page = ("page " + i + " ").padEnd(1_000_000, "x");
  const channel = page.slice(0, 40).trim();
  registerWithMonitor(channel, i, { [page.slice(5, 45)]: true });
  sendHeartbeat(channel, i);
  if (i % 2 === 0) unregisterFromMonitor(channel, i);
  await turn();
}
report(await grown(before));`,
      absent,
    ),
  );
  expect(grown.mb).toBeLessThan(15);
});

test("a launcher that ends says goodbye for itself, and not for the bot that it started [client/F4]", async () => {
  const bot = spawn("sleep", ["60"], { stdio: "ignore" });
  const child = supervise(
    `
registerWithMonitor("bot", ${bot.pid}, { chat: true });
registerWithMonitor("launcher", process.pid, {});
registerWithMonitor("second channel", process.pid, {});
report({});`,
    recording,
  );
  await outcome(child);
  await recording.waitFor(({ length }) => length >= 5);
  bot.kill();
  expect(recording.ofType("unregister").map(({ channel }) => channel)).toEqual([
    "launcher",
    "second channel",
  ]);
  expect(recording.messages.length).toBe(5);
});

test("a process that ends with another code says goodbye for nobody [client/F4]", async () => {
  const child = supervise(
    `registerWithMonitor("launcher", process.pid, {}); process.exitCode = 3;`,
    recording,
  );
  expect((await child.exited).code).toBe(3);
  await recording.waitFor(({ length }) => length === 1);
  expect(recording.messages.map(({ type }) => type)).toEqual(["register"]);
});

test("a HeartbeatTask lives until its own end: its stop, or the goodbye of its bot [client/F5]", async () => {
  const { HeartbeatTask, registerWithMonitor, unregisterFromMonitor } = await import("../src/legacy.js");
  const beats = (channel: string, pid: number) =>
    recording.ofType("heartbeat").filter((beat) => beat.channel === channel && beat.pid === pid).length;
  const { socketPath } = recording;
  const tasks = [1, 2, 3].map((pid) => new HeartbeatTask("life", pid, 0.01, socketPath));
  const twin = new HeartbeatTask("life", 1, 0.01, socketPath);
  for (const task of [...tasks, twin]) task.start();
  registerWithMonitor("life", 1, {}, socketPath);
  registerWithMonitor("life", 2, {}, socketPath);
  await recording.waitFor(() => [1, 2, 3].every((pid) => beats("life", pid) >= 3));
  await twin.stop();
  unregisterFromMonitor("life", 2, socketPath);
  await recording.waitFor(() => recording.ofType("unregister").length === 1);
  const [first, second] = [beats("life", 1), beats("life", 2)];
  await recording.waitFor(() => beats("life", 1) >= first + 5);
  expect(beats("life", 2)).toBe(second);
  // It begins again with a start, and is heard again when its bot is registered.
  tasks[1]?.start();
  registerWithMonitor("life", 2, {}, socketPath);
  await recording.waitFor(() => beats("life", 2) >= second + 3);
  for (const task of tasks) await task.stop();
});

test("tasks that a supervisor forgets to stop when its bot crashes do not gather [client/F5]", async () => {
  const grown = await outcome<Growth>(
    supervise(
      `
const before = await resources();
for (let i = 1; i <= 1_000; i++) {
  registerWithMonitor("crashing", i, {});
  new HeartbeatTask("crashing", i, 0.02).start();
  if (i % 20 === 0) await turn();
}
report(await grown(before));`,
      recording,
    ),
  );
  expect(grown.timers).toBeLessThanOrEqual(12);
  // The newest ones beat.
  const last = recording.ofType("heartbeat").slice(-20);
  expect(new Set(last.map(({ pid }) => pid)).has(1_000)).toBe(true);
});
