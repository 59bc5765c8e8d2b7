import { expect, test } from "vitest";
import { Monitor } from "./monitor.js";

const ended = { channel: "chat", pid: 7, connection: 1 };

/** A bot that was heard twice over connection 1. */
function connected(monitor: Monitor, claim: { startedAtMs?: number } = {}): void {
  monitor.register({ connection: 1, ...claim });
  monitor.beat({ connection: 1, ...claim });
}

test("a process that no look ever showed is dead once its only connection ended and three looks found nobody [trial/O2]", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs() - 300;
  connected(monitor, { startedAtMs });
  expect(monitor.registry.connectionEnded(ended)).toBe("applied");
  expect(monitor.ends).toEqual(["chat 7"]);
  for (const seconds of [0, 1]) {
    monitor.wait(seconds);
    expect(monitor.look({ state: "gone", afterEnd: true })).toBe("ignored");
  }
  monitor.wait(4);
  expect(monitor.look({ state: "gone", afterEnd: true })).toBe("applied");
  // It lived until its connection ended, not until the last look.
  expect(monitor.transitions.at(-1)).toMatchObject({ to: "dead", causeCode: "process_gone", livedMs: 300 });
  expect(monitor.bot()).toMatchObject({ status: "dead", restarts: 1, rssMb: null });
});

test("a seen process is dead with the first look after the end of its connection [trial/O15]", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs();
  connected(monitor, { startedAtMs });
  monitor.look({ startedAtMs, startKey: 1 });
  monitor.registry.connectionEnded(ended);
  monitor.look({ state: "gone", afterEnd: true });
  expect(monitor.bot().status).toBe("dead");
});

test("the end of a connection is nobody's that said goodbye, was replaced, or is heard over another one [trial/O2]", () => {
  const monitor = new Monitor();
  connected(monitor);
  expect(monitor.registry.connectionEnded({ ...ended, channel: "nobody" })).toBe("ignored");
  expect(monitor.registry.connectionEnded({ ...ended, pid: 8 })).toBe("ignored");
  monitor.beat({ connection: 2 });
  expect(monitor.registry.connectionEnded(ended)).toBe("ignored");
  monitor.sayGoodbye();
  expect(monitor.registry.connectionEnded({ ...ended, connection: 2 })).toBe("ignored");
  expect(monitor.ends).toEqual([]);
});

test("in another pid namespace the end of a connection makes nobody dead [trial/O2]", () => {
  const monitor = new Monitor();
  connected(monitor, { startedAtMs: monitor.clock.wallMs() });
  monitor.look({ state: "gone" });
  monitor.wait(1);
  monitor.registry.connectionEnded(ended);
  for (let look = 0; look < 5; look++) monitor.look({ state: "gone", afterEnd: true });
  expect(monitor.bot().status).toBe("online");
});

test("a pid alone makes no bot dead that beats: it was a stranger's, and the bot is judged by its beats from then on [server/F11]", () => {
  const monitor = new Monitor();
  monitor.register();
  monitor.beat({ rssMb: 20, cpuPct: 1 });
  monitor.look({ startKey: 5, rssMb: 188, cpuPct: 77 });
  expect(monitor.bot()).toMatchObject({ rssMb: 20, cpuPct: 1 });
  for (let second = 0; second < 20; second++) {
    monitor.wait(1);
    if (second === 3) monitor.look({ state: "gone" });
    if (second > 3 && second < 10) monitor.look({ state: "gone" });
    // Another stranger has the pid.
    if (second >= 10) monitor.look({ startKey: 6, rssMb: 500, cpuPct: 90 });
    monitor.beat({ rssMb: 21, cpuPct: 2 });
    expect(monitor.bot()).toMatchObject({ status: "online", rssMb: 21, cpuPct: 2, restarts: 0 });
  }
  expect(monitor.bot().processSeen).toBe(false);
  expect(monitor.transitions).toHaveLength(1);
});

test("a bot that beats seldom has until its next beat is overdue [server/F11]", () => {
  const monitor = new Monitor();
  monitor.register();
  for (let beat = 0; beat < 3; beat++) {
    monitor.wait(30);
    monitor.beat();
  }
  monitor.look({ startKey: 5 });
  monitor.look({ state: "gone" });
  monitor.wait(31);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.bot()).toMatchObject({ status: "dead", statusCause: "process 7 is gone", restarts: 1 });
});

test("a line that was under way when the process ended proves no life; the next beat is waited for [server/F11]", () => {
  const monitor = new Monitor();
  monitor.beat();
  monitor.wait(2);
  monitor.beat();
  monitor.look({ startKey: 5 });
  monitor.look({ state: "gone" });
  monitor.beat();
  monitor.wait(4);
  expect(monitor.bot().status).toBe("online");
  monitor.wait(1);
  expect(monitor.bot().status).toBe("dead");
});

test("a process that told no start is dead at once where its connection ended too, where it never beat, and where it told its start after all [server/F11]", () => {
  for (const proof of ["connection", "no beat", "start"]) {
    const monitor = new Monitor();
    const startedAtMs = monitor.clock.wallMs();
    monitor.register({ connection: 1 });
    if (proof !== "no beat") monitor.beat({ connection: 1 });
    monitor.look({ startedAtMs, startKey: 5 });
    if (proof === "start") monitor.beat({ connection: 1, startedAtMs });
    if (proof === "connection") monitor.registry.connectionEnded(ended);
    monitor.look({ state: "gone" });
    // Its connection may still have last words to be read.
    if (proof !== "connection") monitor.wait(1);
    expect([proof, monitor.bot().status]).toEqual([proof, "dead"]);
  }
});

test("a process of the same pid that started a moment later, once the connection of the one before has ended, is its successor [trial/O1]", () => {
  const monitor = new Monitor();
  const startedAtMs = monitor.clock.wallMs();
  connected(monitor, { startedAtMs });
  // While its connection is open, it is the same process that tells another start.
  monitor.register({ connection: 2, startedAtMs: startedAtMs + 500 });
  expect(monitor.bot().restarts).toBe(0);
  monitor.registry.connectionEnded({ ...ended, connection: 2 });
  monitor.register({ connection: 3, startedAtMs });
  expect(monitor.bot().restarts).toBe(0);
  monitor.registry.connectionEnded({ ...ended, connection: 3 });
  monitor.register({ connection: 4, startedAtMs: startedAtMs + 500 });
  expect(monitor.bot()).toMatchObject({ restarts: 1, status: "online", causeCode: "restarted" });
});

test("a conflict is over when the other process is gone: after the end of its connection, or once a look had shown it [trial/O13]", () => {
  for (const proof of ["connection", "look"]) {
    const monitor = new Monitor({ glance: () => ({ state: "alive", startedAtMs: null, startKey: null }) });
    monitor.register({ pid: 8, connection: 2 });
    monitor.beat({ pid: 7, connection: 1 });
    expect(monitor.bot().conflict).toMatchObject({ pid: 7 });
    // Nobody under its pid proves nothing: it may be in a container.
    expect(monitor.look({ pid: 7, state: "gone" })).toBe("ignored");
    if (proof === "connection") expect(monitor.registry.connectionEnded(ended)).toBe("applied");
    else monitor.look({ pid: 7, startKey: 4 });
    monitor.look({ pid: 7, state: "gone", ...(proof === "connection" ? { afterEnd: true } : {}) });
    expect(monitor.bot()).toMatchObject({ pid: 8, status: "online", conflict: null });
    expect(monitor.conflicts).toEqual(["chat 7", "chat over"]);
    expect(monitor.ends).toEqual(proof === "connection" ? ["chat 7"] : []);
    // What was seen of one rival is nothing of the next.
    monitor.beat({ pid: 9 });
    expect(monitor.look({ pid: 9, state: "gone" })).toBe("ignored");
  }
});
