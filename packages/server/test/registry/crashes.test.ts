import { expect, test } from "vitest";
import type { ProbeResult } from "../../src/registry/probe-result.js";
import { Monitor, nobodyThere, row } from "./monitor.js";

const alive: ProbeResult = { state: "alive", startedAtMs: 0, startKey: 1 };
const unknown: ProbeResult = { state: "unknown", startedAtMs: null, startKey: null };

/** One life: it registers, is heard for a while, and is killed. */
function life(monitor: Monitor, pid: number, seconds: number): void {
  monitor.register({ pid, startedAtMs: monitor.clock.wallMs() });
  monitor.wait(seconds);
}

test("a crash that nobody saw before the successor came is two transitions [server/F13][trial/O1]", () => {
  const monitor = new Monitor();
  const killed = 15;
  for (let pid = 1; pid <= killed; pid++) life(monitor, pid, 1);
  monitor.register({ pid: 99 });
  const deaths = monitor.transitions.filter(({ to }) => to === "dead");
  expect(deaths).toHaveLength(killed);
  expect(deaths.at(-1)).toMatchObject({
    pid: killed,
    from: "online",
    cause: `process ${killed} is gone`,
    causeCode: "process_gone",
    livedMs: 1_000,
    previousPid: null,
  });
  expect(monitor.transitions.at(-1)).toMatchObject({
    pid: 99,
    from: "dead",
    to: "online",
    causeCode: "restarted",
    previousPid: killed,
    livedMs: null,
  });
  expect(monitor.bot()).toMatchObject({
    status: "online",
    restarts: killed,
    restartsInHour: killed,
    crashesInTenMinutes: killed,
    crashLoop: true,
    typicalLifeMs: 1_000,
    restartsBy: { crash: killed, goodbye: 0, take_over: 0 },
  });
});

test("how long a process lived is told in whole milliseconds, however exactly it told its start [trial/O8]", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 7, startedAtMs: monitor.clock.wallMs() - 0.371 });
  monitor.wait(1);
  monitor.sayGoodbye({ pid: 7 });
  const { livedMs } = monitor.transitions.at(-1) ?? {};
  expect(livedMs).toBeGreaterThanOrEqual(1_000);
  expect(livedMs).toSatisfy(Number.isInteger);
});

test("a process that another one replaces while it lives did not crash [trial/O1]", () => {
  const monitor = new Monitor({ glance: () => alive });
  for (let pid = 1; pid <= 9; pid++) {
    monitor.register({ pid });
    monitor.wait(1);
  }
  expect(monitor.story).toEqual(["chat: new -> online, registered"]);
  expect(monitor.bot()).toMatchObject({ restarts: 0, crashLoop: false, restartsBy: { take_over: 8 } });
});

test("a process that said goodbye did not crash, however often it does [trial/O1]", () => {
  const monitor = new Monitor();
  for (let pid = 1; pid <= 9; pid++) {
    life(monitor, pid, 1);
    monitor.sayGoodbye({ pid });
  }
  expect(monitor.transitions.some(({ to }) => to === "dead")).toBe(false);
  expect(monitor.bot()).toMatchObject({ restarts: 0, crashLoop: false, restartsBy: { goodbye: 8 } });
  expect(monitor.transitions.at(-1)).toMatchObject({ causeCode: "goodbye", livedMs: 1_000 });
});

test("the end that a look found is told once, not again when the successor comes [trial/O1]", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 7 });
  monitor.look({ pid: 7, startKey: 1 });
  monitor.look({ pid: 7, state: "gone" });
  monitor.register({ pid: 8 });
  expect(monitor.story.slice(1)).toEqual([
    "chat: online -> dead, process 7 is gone",
    "chat: dead -> online, restarted as pid 8",
  ]);
  expect(monitor.bot().restarts).toBe(1);
});

test("a successor under the same pid with a later start is the end of the one before [trial/O1]", () => {
  const result: ProbeResult = { state: "alive", startedAtMs: 50_000, startKey: 2 };
  const monitor = new Monitor({ glance: () => result });
  monitor.register({ pid: 7, startedAtMs: 0 });
  monitor.look({ pid: 7, startedAtMs: 0, startKey: 1 });
  monitor.beat({ pid: 7, startedAtMs: 50_000 });
  expect(monitor.story.slice(1)).toEqual([
    "chat: online -> dead, process 7 is gone, another one has its pid",
    "chat: dead -> online, restarted as pid 7",
  ]);
});

test.each<[name: string, result: ProbeResult, seen: boolean, crashed: boolean]>([
  ["gone", nobodyThere, true, true],
  ["gone and never seen", nobodyThere, false, true],
  ["alive", alive, true, false],
  ["alive and never seen", alive, false, false],
  ["another one under its pid", { ...alive, startKey: 2 }, true, true],
  ["hidden, so that somebody has its pid", { ...alive, startedAtMs: null, startKey: null }, true, false],
  ["unknown", unknown, false, true],
])(
  "a process that is %s when another one takes its place has crashed: %3$s [trial/O1]",
  (_name, result, seen, crashed) => {
    const monitor = new Monitor({ glance: () => result });
    monitor.register({ pid: 7 });
    if (seen) monitor.look({ pid: 7, startedAtMs: 0, startKey: 1 });
    monitor.register({ pid: 8 });
    expect(monitor.bot().restarts).toBe(crashed ? 1 : 0);
    expect(monitor.transitions).toHaveLength(crashed ? 3 : 1);
  },
);

test("a process that keeps its connection open lives, whatever nobody sees of it [trial/O1]", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 7, connection: 1 });
  monitor.beat({ pid: 7, connection: 1 });
  monitor.register({ pid: 8, connection: 2 });
  expect(monitor.bot()).toMatchObject({ restarts: 0, restartsBy: { take_over: 1 } });
  // A connection for each message says nothing.
  monitor.register({ pid: 9, connection: 3 });
  expect(monitor.bot().restarts).toBe(1);
});

test("a death that was none is taken back: by a goodbye that was read late, and by the process itself [trial/O1]", () => {
  for (const proof of ["goodbye", "beat", "registration"]) {
    const monitor = new Monitor();
    monitor.register();
    monitor.look({ startKey: 1 });
    monitor.look({ state: "gone" });
    expect(monitor.bot().restarts).toBe(1);
    monitor.wait(5);
    if (proof === "goodbye") monitor.sayGoodbye();
    if (proof === "beat") monitor.beat();
    if (proof === "registration") monitor.register();
    expect(monitor.bot()).toMatchObject({ restarts: 0, restartsInHour: 0, crashesInTenMinutes: 0 });
  }
});

test("a crash loop is over 10 minutes after its last crash, which is told, and its counts go down [trial/O1]", () => {
  const monitor = new Monitor();
  for (let pid = 1; pid <= 4; pid++) life(monitor, pid, 30);
  expect(monitor.bot()).toMatchObject({ crashLoop: true, crashesInTenMinutes: 3, restartsInHour: 3 });
  const beating = (seconds: number) => {
    for (let second = 0; second < seconds; second += 10) {
      monitor.wait(10);
      monitor.beat({ pid: 4 });
    }
  };
  beating(560);
  expect(monitor.bot().crashLoop).toBe(true);
  const { revision } = monitor.bot();
  monitor.wait(20);
  expect(monitor.bot()).toMatchObject({ crashLoop: false, restarts: 3, restartsInHour: 3 });
  expect(monitor.bot().revision).toBeGreaterThan(revision);
  beating(3_600);
  expect(monitor.bot()).toMatchObject({ restarts: 3, restartsInHour: 0, crashesInTenMinutes: 0 });
});

test("a restart of the monitor keeps the reason of a status, a crash loop and its counts [trial/O8]", () => {
  const monitor = new Monitor();
  const nowMs = monitor.clock.wallMs();
  const crashes = [30, 5, 4, 3].map((minutes) => ({ tsMs: nowMs - minutes * 60_000, livedMs: 2_000 }));
  const why = { cause: "process 7 is gone", causeCode: "process_gone", livedMs: 2_000 } as const;
  monitor.registry.restore(
    [row(monitor.clock, { status: "dead", restarts: 4, ...why, lastRssMb: 80 })],
    new Map(),
    new Map([["chat", crashes]]),
  );
  expect(monitor.bot()).toMatchObject({
    status: "dead",
    statusCause: "process 7 is gone",
    causeCode: "process_gone",
    livedMs: 2_000,
    restarts: 4,
    restartsInHour: 4,
    crashesInTenMinutes: 3,
    crashLoop: true,
    typicalLifeMs: 2_000,
    rssMb: null,
    lastRssMb: 80,
  });
  monitor.wait(7 * 60);
  expect(monitor.bot().crashLoop).toBe(false);
});

test("a process that ended while no monitor ran is a crash among those that the history tells of [trial/O8]", () => {
  const monitor = new Monitor();
  const tsMs = monitor.clock.wallMs();
  monitor.registry.restore(
    [row(monitor.clock, { restarts: 2 })],
    new Map([["chat", nobodyThere]]),
    new Map([["chat", [9, 1].map((minutes) => ({ tsMs: tsMs - minutes * 60_000, livedMs: null }))]]),
  );
  expect(monitor.bot()).toMatchObject({ status: "dead", restarts: 3, crashLoop: true });
  expect(monitor.transitions[0]).toMatchObject({ causeCode: "gone_at_start", livedMs: null });
});

test("a row that tells no reason says so [trial/O8]", () => {
  const monitor = new Monitor();
  monitor.registry.restore([row(monitor.clock, { cause: null, causeCode: null })], new Map());
  expect(monitor.bot()).toMatchObject({
    statusCause: "as recorded before the monitor's start",
    causeCode: "as_recorded",
  });
});

test("what a bot last took is known after its end, and in no place of what it takes now [trial/O8]", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.look({ startKey: 1, cpuPct: 3, rssMb: 80 });
  monitor.look({ state: "gone" });
  expect(monitor.bot()).toMatchObject({ cpuPct: null, rssMb: null, lastCpuPct: 3, lastRssMb: 80 });
});
