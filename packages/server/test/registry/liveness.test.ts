import { expect, test } from "vitest";
import type { ProbeResult } from "../../src/registry/probe-result.js";
import { Monitor } from "./monitor.js";

/** The process that has the pid is the one that had it. */
const living: ProbeResult = { state: "alive", startedAtMs: 0, startKey: 1 };

test("the first registration makes a bot online", () => {
  const monitor = new Monitor();
  expect(monitor.register({ features: { jokes: true }, version: "1.2", intervalS: 30 })).toBe("applied");
  expect(monitor.bot()).toMatchObject({
    channel: "chat",
    pid: 7,
    status: "online",
    statusCause: "registered",
    restarts: 0,
    features: { jokes: true },
    featuresJson: '{"jokes":true}',
    version: "1.2",
    intervalS: 30,
    processSeen: false,
    cpuPct: null,
    rssMb: null,
    measuredAtMs: null,
    conflict: null,
  });
  expect(monitor.story).toEqual(["chat: new -> online, registered"]);
});

test("a heartbeat of a bot that nobody knows adopts it", () => {
  const monitor = new Monitor();
  expect(monitor.beat({ rssMb: 12, cpuPct: 3 })).toBe("applied");
  expect(monitor.bot()).toMatchObject({ status: "online", features: {}, rssMb: 12, cpuPct: 3 });
  expect(monitor.story).toEqual(["chat: new -> online, first heartbeat"]);
});

test("a goodbye of a bot that nobody knows is ignored", () => {
  const monitor = new Monitor();
  expect(monitor.sayGoodbye()).toBe("ignored");
  expect(monitor.registry.size).toBe(0);
});

test("a bot is stale once nothing was heard for the timeout, not sooner, and online with its next heartbeat", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.wait(59);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.bot().status).toBe("stale");
  monitor.wait(100);
  monitor.beat();
  expect(monitor.story.slice(1)).toEqual([
    "chat: online -> stale, no heartbeat for 60 s",
    "chat: stale -> online, beats again",
  ]);
});

test("a bot that beats seldom has two and a half of its intervals", () => {
  const monitor = new Monitor();
  monitor.register({ intervalS: 33 });
  monitor.wait(82);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.bot().statusCause).toBe("no heartbeat for 82.5 s");
  monitor.beat({ intervalS: 5 });
  monitor.wait(60);
  expect(monitor.bot().statusCause).toBe("no heartbeat for 60 s");
});

test("a heartbeat that comes before the tick is in time, however late it is", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.wait(59);
  monitor.clock.pass(1_900);
  monitor.beat();
  monitor.registry.tick();
  expect(monitor.bot().status).toBe("online");
});

test("a seen process that is gone makes a bot dead, from online and from stale", () => {
  const monitor = new Monitor();
  for (const channel of ["a", "b"]) {
    monitor.register({ channel });
    monitor.look({ channel, startKey: 1 });
  }
  monitor.look({ channel: "a", state: "gone" });
  monitor.wait(60);
  monitor.look({ channel: "b", state: "gone" });
  expect(monitor.story.slice(2)).toEqual([
    "a: online -> dead, process 7 is gone",
    "b: online -> stale, no heartbeat for 60 s",
    "b: stale -> dead, process 7 is gone",
  ]);
});

test("a process that was never seen cannot be found dead", () => {
  const monitor = new Monitor();
  monitor.register();
  expect(monitor.look({ state: "gone" })).toBe("ignored");
  expect(monitor.look({ state: "unknown" })).toBe("ignored");
  expect(monitor.bot().status).toBe("online");
});

test("a process counts as seen only if it started when the bot says that it did", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs() - 5_000;
  monitor.register({ startedAtMs });
  for (const elsewhere of [startedAtMs - 2_001, startedAtMs + 2_001, null]) {
    expect(monitor.look({ startedAtMs: elsewhere, startKey: 1, cpuPct: 50 })).toBe("ignored");
  }
  expect(monitor.bot()).toMatchObject({ processSeen: false, cpuPct: null });
  expect(monitor.look({ startedAtMs: startedAtMs + 2_000, startKey: 1, cpuPct: 50 })).toBe("applied");
  expect(monitor.bot()).toMatchObject({ processSeen: true, cpuPct: 50 });
});

test("without a start from the bot, a process counts as seen if it lived when the bot registered", () => {
  const monitor = new Monitor();
  monitor.register();
  const startedAtMs = monitor.clock.wallMs() + 2_001;
  expect(monitor.look({ startedAtMs, startKey: 1 })).toBe("ignored");
  expect(monitor.look({ startedAtMs: startedAtMs - 1, startKey: 1 })).toBe("applied");
  expect(monitor.bot()).toMatchObject({ processSeen: true, startedAtMs: startedAtMs - 1 });
});

test("another process under the pid of a seen one proves it dead", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.look({ startKey: 1 });
  monitor.look({ startKey: 2 });
  expect(monitor.story[1]).toBe("chat: online -> dead, process 7 is gone, another one has its pid");
});

test("where the platform has no key, the pid is the identity of a seen process", () => {
  const monitor = new Monitor();
  monitor.register();
  const startedAtMs = monitor.clock.wallMs() - 1_000;
  monitor.look({ startedAtMs });
  monitor.look({ startedAtMs: startedAtMs + 9_000_000, cpuPct: 1 });
  expect(monitor.bot()).toMatchObject({ status: "online", cpuPct: 1 });
});

test("a look that failed says nothing of the status, and makes the measurement unknown", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.look({ startKey: 1, cpuPct: 10, rssMb: 20 });
  monitor.look({ state: "unknown" });
  expect(monitor.bot()).toMatchObject({ status: "online", cpuPct: null, rssMb: null, measuredAtMs: null });
});

test("a look at a pid that is no longer the current one is ignored", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 7 });
  monitor.look({ pid: 7, startKey: 1 });
  monitor.register({ pid: 8 });
  expect(monitor.look({ pid: 7, state: "gone" })).toBe("ignored");
  expect(monitor.bot().status).toBe("online");
});

test("a seen bot is measured by the probe, an unseen one by itself, and a null is taken like a value", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs();
  monitor.beat({ startedAtMs, cpuPct: 1, rssMb: 2 });
  expect(monitor.bot()).toMatchObject({ cpuPct: 1, rssMb: 2, measuredAtMs: monitor.clock.wallMs() });
  monitor.look({ startedAtMs, startKey: 1, rssMb: 30 });
  expect(monitor.bot()).toMatchObject({ cpuPct: null, rssMb: 30 });
  monitor.look({ startKey: 1, cpuPct: 0, rssMb: 31 });
  monitor.beat({ cpuPct: 99, rssMb: 99 });
  expect(monitor.bot()).toMatchObject({ cpuPct: 0, rssMb: 31 });
});

test("a measurement ends with the last one who makes it", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs();
  for (const channel of ["unseen", "seen"]) monitor.beat({ channel, startedAtMs, cpuPct: 1, rssMb: 1 });
  monitor.look({ channel: "seen", startedAtMs, startKey: 1, cpuPct: 2, rssMb: 2 });
  monitor.wait(60);
  expect(monitor.bot("unseen")).toMatchObject({ status: "stale", cpuPct: null });
  expect(monitor.bot("seen")).toMatchObject({ status: "stale", cpuPct: 2 });
  monitor.sayGoodbye({ channel: "seen" });
  expect(monitor.bot("seen")).toMatchObject({ status: "offline", cpuPct: null, rssMb: null });
});

test("a goodbye makes a bot offline, from every other status", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs();
  for (const channel of ["online", "stale", "dead"]) monitor.register({ channel, startedAtMs });
  monitor.look({ channel: "dead", startedAtMs, startKey: 1 });
  monitor.wait(60);
  for (const channel of ["online", "dead"]) monitor.beat({ channel });
  monitor.look({ channel: "dead", state: "gone" });
  expect(["online", "stale", "dead"].map((it) => monitor.bot(it).status)).toEqual([
    "online",
    "stale",
    "dead",
  ]);
  for (const channel of ["online", "stale", "dead"]) monitor.sayGoodbye({ channel });
  expect(monitor.registry.counts()).toEqual({ online: 0, stale: 0, dead: 0, offline: 3 });
  expect(monitor.sayGoodbye({ channel: "dead" })).toBe("ignored");
  monitor.look({ channel: "dead", state: "gone" });
  expect(monitor.bot("dead").status).toBe("offline");
});

test("a heartbeat within 5 s after the goodbye of its process is a late line, later it revives", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.sayGoodbye();
  monitor.wait(4);
  monitor.clock.pass(999);
  expect(monitor.beat()).toBe("ignored");
  expect(monitor.bot().status).toBe("offline");
  monitor.clock.pass(1);
  expect(monitor.beat()).toBe("applied");
  expect(monitor.story[2]).toBe("chat: offline -> online, beats again");
});

test("a heartbeat of another process after a goodbye is no late line", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.sayGoodbye();
  expect(monitor.beat({ pid: 8 })).toBe("applied");
  expect(monitor.bot()).toMatchObject({
    pid: 8,
    status: "online",
    restarts: 0,
    restartsBy: { goodbye: 1 },
    previousPid: 7,
    statusCause: "restarted as pid 8",
    causeCode: "restarted",
  });
});

test("the last words of a process that was found dead do not revive it; if it lives, its next ones do", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.look({ startKey: 1 });
  monitor.look({ state: "gone" });
  expect(monitor.beat()).toBe("ignored");
  monitor.wait(5);
  expect(monitor.beat({ cpuPct: 4 })).toBe("applied");
  // What was seen of it was wrong once: it is not seen now, and the same look does not kill it
  // again.
  expect(monitor.bot()).toMatchObject({ status: "online", restarts: 0, processSeen: false, cpuPct: 4 });
  monitor.look({ state: "gone" });
  expect(monitor.bot().status).toBe("online");
});

test("a registration after a goodbye is a come-back at once", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.sayGoodbye();
  monitor.clock.pass(1_000);
  monitor.register();
  expect(monitor.bot()).toMatchObject({
    status: "online",
    restarts: 0,
    registeredAtMs: monitor.clock.wallMs(),
  });
  expect(monitor.story[2]).toBe("chat: offline -> online, registered again");
});

test("the same process registering again changes only what it says of itself", () => {
  const monitor = new Monitor();
  const registeredAtMs = monitor.clock.wallMs();
  const startedAtMs = registeredAtMs - 1_000;
  monitor.register({ startedAtMs, features: { a: true } });
  monitor.look({ startedAtMs, startKey: 1, cpuPct: 5 });
  monitor.wait(30);
  monitor.register({ startedAtMs: startedAtMs + 1_000, features: { b: true }, version: "2" });
  expect(monitor.bot()).toMatchObject({
    registeredAtMs,
    restarts: 0,
    processSeen: true,
    cpuPct: 5,
    startedAtMs,
    statusCause: "registered",
    features: { b: true },
    version: "2",
    lastSeenMs: monitor.clock.wallMs(),
  });
  expect(monitor.transitions).toHaveLength(1);
});

test("a registration takes over at once from a process that lives, and only what the new process says of itself remains", () => {
  const monitor = new Monitor({ glance: () => living });
  monitor.register({ intervalS: 300, features: { a: true }, version: "1" });
  monitor.beat({ dropped: 9, cpuPct: 1, rssMb: 1 });
  monitor.look({ startKey: 1 });
  monitor.wait(1);
  monitor.register({ pid: 8 });
  expect(monitor.bot()).toMatchObject({
    pid: 8,
    status: "online",
    restarts: 0,
    restartsBy: { take_over: 1 },
    registeredAtMs: monitor.clock.wallMs(),
    processSeen: false,
    features: {},
    version: null,
    intervalS: null,
    clientDropped: 0,
    cpuPct: null,
    conflict: null,
  });
  expect(monitor.transitions).toHaveLength(1);
});

test("the same pid with another start is another process", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs() - 100_000;
  monitor.register({ startedAtMs });
  monitor.register({ startedAtMs: startedAtMs + 2_001 });
  expect(monitor.bot().restarts).toBe(1);
  expect(monitor.story.slice(1)).toEqual([
    "chat: online -> dead, process 7 is gone",
    "chat: dead -> online, restarted as pid 7",
  ]);
  monitor.beat({ startedAtMs: startedAtMs + 90_000 });
  expect(monitor.bot()).toMatchObject({ restarts: 2, startedAtMs: startedAtMs + 90_000 });
  // An earlier start under the same pid is a late line, and after its time a namesake elsewhere.
  expect(monitor.beat({ startedAtMs })).toBe("ignored");
  expect(monitor.bot().conflict).toBe(null);
  monitor.wait(5);
  expect(monitor.beat({ startedAtMs })).toBe("ignored");
  expect(monitor.bot()).toMatchObject({ restarts: 2, conflict: { pid: 7 } });
});

test("a start that cannot be is not shown", () => {
  const monitor = new Monitor();
  for (const startedAtMs of [-1, monitor.clock.wallMs() + 2_001, Number.MAX_VALUE]) {
    monitor.register({ channel: `${startedAtMs}`, startedAtMs });
    expect(monitor.bot(`${startedAtMs}`).startedAtMs).toBe(null);
  }
});

test("heartbeat and goodbye of an older process change nothing while the current one lives; the conflict is recorded", () => {
  const monitor = new Monitor({ glance: () => living });
  monitor.register({ pid: 7 });
  monitor.register({ pid: 8 });
  expect(monitor.bot().conflict).toBe(null);
  const sinceMs = monitor.clock.wallMs();
  expect(monitor.beat({ pid: 7 })).toBe("ignored");
  monitor.wait(10);
  monitor.beat({ pid: 7 });
  expect(monitor.bot()).toMatchObject({
    pid: 8,
    status: "online",
    restarts: 0,
    conflict: { pid: 7, sinceMs },
  });
  expect(monitor.sayGoodbye({ pid: 7 })).toBe("ignored");
  expect(monitor.bot()).toMatchObject({ status: "online", conflict: null });
  expect(monitor.beat({ pid: 7 })).toBe("ignored");
  expect(monitor.conflicts).toEqual(["chat 7", "chat over"]);
});

test("the goodbye of a rival with the same pid, in another container, is not that of the current process", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 1, startedAtMs: 1_000, connection: 3 });
  monitor.wait(30);
  monitor.register({ pid: 1, startedAtMs: 60_000, connection: 4 });
  monitor.wait(10);
  monitor.beat({ pid: 1, startedAtMs: 60_000, connection: 4 });
  monitor.beat({ pid: 1, startedAtMs: 1_000, connection: 3 });
  expect(monitor.bot()).toMatchObject({ status: "online", conflict: { pid: 1 } });
  expect(monitor.sayGoodbye({ pid: 1, connection: 3 })).toBe("ignored");
  expect(monitor.bot()).toMatchObject({ status: "online", conflict: null });
  expect(monitor.sayGoodbye({ pid: 1, connection: 4 })).toBe("applied");
  expect(monitor.bot().status).toBe("offline");
});

test("the goodbye of a process that was taken over, under the same pid in another container, ends no bot", () => {
  for (const beats of [true, false]) {
    const monitor = new Monitor();
    const hour = 3_600_000;
    const deploy = (number: number) => ({ pid: 1, startedAtMs: number * hour, connection: 2 + number });
    monitor.register(deploy(1));
    if (beats) monitor.beat(deploy(1));
    monitor.wait(10);
    monitor.register(deploy(2));
    monitor.wait(1);
    monitor.register(deploy(3));
    if (beats) monitor.beat(deploy(3));
    const told = monitor.transitions.length;
    for (const number of [1, 2]) {
      expect(monitor.sayGoodbye({ pid: 1, connection: 2 + number })).toBe("ignored");
      // It was on its way before the goodbye.
      expect(monitor.beat(deploy(number))).toBe("ignored");
    }
    expect(monitor.transitions.slice(told)).toEqual([]);
    expect(monitor.bot()).toMatchObject({ status: "online", conflict: null, startedAtMs: 3 * hour });
    expect(monitor.sayGoodbye({ pid: 1, connection: 5 })).toBe("applied");
    expect(monitor.bot().status).toBe("offline");
  }
});

test("a connection that two processes share, one after the other, is that of the current one", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 1, startedAtMs: 1_000, connection: 3 });
  monitor.register({ pid: 1, startedAtMs: 60_000, connection: 4 });
  monitor.beat({ pid: 1, startedAtMs: 60_000, connection: 3 });
  expect(monitor.sayGoodbye({ pid: 1, connection: 3 })).toBe("applied");
  monitor.register({ pid: 1, startedAtMs: 90_000, connection: 3 });
  monitor.register({ pid: 1, startedAtMs: 120_000, connection: 3 });
  expect(monitor.sayGoodbye({ pid: 1, connection: 3 })).toBe("applied");
});

test("a goodbye over a connection of its own is that of the one process of the channel", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 1, connection: 3 });
  monitor.beat({ pid: 1, connection: 3 });
  expect(monitor.sayGoodbye({ pid: 1, connection: 9 })).toBe("applied");
  expect(monitor.bot().status).toBe("offline");
});

test("a conflict ends when the rival is silent for its time, and when it takes over", () => {
  const monitor = new Monitor({ glance: () => living });
  monitor.register({ pid: 7, intervalS: 30 });
  monitor.register({ pid: 8, intervalS: 300 });
  monitor.beat({ pid: 7, intervalS: 30 });
  monitor.wait(74);
  expect(monitor.bot().conflict).not.toBe(null);
  monitor.wait(1);
  expect(monitor.bot().conflict).toBe(null);
  monitor.beat({ pid: 7, intervalS: 30 });
  monitor.register({ pid: 7 });
  expect(monitor.bot()).toMatchObject({ pid: 7, conflict: null, restartsBy: { take_over: 2 } });
  expect(monitor.conflicts).toEqual(["chat 7", "chat over", "chat 7", "chat over"]);
});

test("whoever beats is adopted once the current process is stale, dead or offline", () => {
  for (const end of ["stale", "dead", "offline"]) {
    const monitor = new Monitor({ glance: () => living });
    monitor.register({ pid: 7, features: { a: true }, version: "1" });
    monitor.look({ pid: 7, startKey: 1 });
    if (end === "stale") monitor.wait(60);
    if (end === "dead") monitor.look({ state: "gone" });
    if (end === "offline") monitor.sayGoodbye();
    expect(monitor.bot().status).toBe(end);
    expect(monitor.sayGoodbye({ pid: 8 })).toBe("ignored");
    monitor.beat({ pid: 8, rssMb: 5 });
    expect(monitor.bot()).toMatchObject({ pid: 8, status: "online", rssMb: 5, conflict: null });
    expect(monitor.bot().restarts).toBe(end === "dead" ? 1 : 0);
    expect(monitor.bot()).toMatchObject({ features: { a: true }, version: "1", processSeen: false });
    expect(monitor.transitions.at(-1)).toMatchObject(
      end === "stale"
        ? { causeCode: "taken_over", cause: "taken over by pid 8", previousPid: 7 }
        : { causeCode: "restarted", cause: "restarted as pid 8", previousPid: 7 },
    );
    // The last words of the process before are no conflict, unless it still lives.
    if (end !== "stale") {
      monitor.beat({ pid: 7 });
      expect(monitor.bot().conflict).toBe(null);
    }
  }
});

test("a process that came back after its goodbye writes no late lines, even once it is replaced", () => {
  const monitor = new Monitor({ glance: () => living });
  monitor.register({ pid: 7 });
  monitor.sayGoodbye({ pid: 7 });
  monitor.register({ pid: 8 });
  monitor.register({ pid: 7 });
  monitor.register({ pid: 9 });
  monitor.beat({ pid: 7 });
  expect(monitor.bot()).toMatchObject({ pid: 9, conflict: { pid: 7 }, restarts: 0 });
  expect(monitor.bot().restartsBy).toEqual({ crash: 0, goodbye: 1, take_over: 2 });
});

test("every bot of a large fleet keeps its own deadline while others come", () => {
  const monitor = new Monitor();
  for (let bot = 0; bot < 900; bot++) {
    monitor.register({ channel: `${bot}` });
    if (bot % 300 === 299) monitor.wait(10);
  }
  monitor.wait(30);
  expect(monitor.registry.counts()).toEqual({ online: 600, stale: 300, dead: 0, offline: 0 });
  monitor.wait(10);
  monitor.beat({ channel: "899" });
  monitor.wait(10);
  expect(monitor.registry.counts()).toEqual({ online: 1, stale: 899, dead: 0, offline: 0 });
});

test("a goodbye was heard like any other line", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.wait(20);
  monitor.sayGoodbye();
  monitor.wait(1);
  expect(monitor.registry.heartbeatAgeS(monitor.bot())).toBe(1);
  expect(monitor.bot().lastSeenMs).toBe(monitor.clock.wallMs() - 1_000);
});

test("a stale bot is told of once", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.wait(60);
  const { changes } = monitor;
  monitor.wait(60);
  expect(monitor.changes).toBe(changes);
});

test("past the bound a new channel is refused, a known one never", () => {
  const monitor = new Monitor({ maxBots: 1 });
  monitor.register({ channel: "a" });
  expect(monitor.register({ channel: "b" })).toBe("fleet_full");
  expect(monitor.beat({ channel: "b" })).toBe("fleet_full");
  expect(monitor.register({ channel: "a", pid: 8 })).toBe("applied");
  expect(monitor.registry.size).toBe(1);
  expect(monitor.transitions.map(({ channel }) => channel)).toEqual(["a", "a", "a"]);
});

test("a feature named __proto__ is a feature", () => {
  const monitor = new Monitor();
  const features = JSON.parse('{"__proto__": true}');
  monitor.register({ features });
  expect(monitor.bot().featuresJson).toBe('{"__proto__":true}');
  expect(Object.keys(monitor.bot().features)).toEqual(["__proto__"]);
});

test("the end of a stranger under its pid is none of a bot's that tells its own start at last [server/F11]", () => {
  const monitor = new Monitor();
  monitor.register({ pid: 7, startedAtMs: null });
  monitor.beat({ pid: 7, startedAtMs: null });
  monitor.look({ pid: 7, startedAtMs: monitor.clock.wallMs() - 20_000, startKey: 1 });
  monitor.look({ pid: 7, startKey: 2 });
  monitor.beat({ pid: 7, startedAtMs: monitor.clock.wallMs() });
  monitor.wait(10);
  expect(monitor.bot()).toMatchObject({ status: "online", restarts: 0 });
});
