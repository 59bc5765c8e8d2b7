import { expect, test } from "vitest";
import { forgottenInPassing } from "../../src/registry/cause.js";
import { endedRow, Monitor } from "./monitor.js";

function names(monitor: Monitor): string[] {
  return [...monitor.registry.bots()].map(({ channel }) => channel);
}

function come(monitor: Monitor, channel: string, pid = 1): string {
  return monitor.register({ channel, pid });
}

function leave(monitor: Monitor, channel: string, pid = 1): void {
  monitor.registry.unregister({ channel, pid, tsMs: monitor.clock.wallMs() });
}

test("a bot that is forgotten leaves the fleet, its counts and its deadline, and may come again as a new one [server/F14]", () => {
  const monitor = new Monitor();
  come(monitor, "a");
  come(monitor, "b");
  monitor.beat({ channel: "a", pid: 2 });
  const before = monitor.bot("a");
  expect(monitor.registry.forget("a", forgottenInPassing)).toBe(true);
  expect(monitor.registry.forget("a", forgottenInPassing)).toBe(false);
  expect(monitor.forgotten).toEqual(["a"]);
  expect(monitor.registry.get("a")).toBeUndefined();
  expect(monitor.registry.counts()).toMatchObject({ online: 1 });
  expect([monitor.registry.size, names(monitor)]).toEqual([1, ["b"]]);
  const told = monitor.transitions.length;
  monitor.wait(70);
  expect(monitor.story.slice(told)).toEqual(["b: online -> stale, no heartbeat for 60 s"]);
  expect(monitor.conflicts).toEqual(["a 2"]);
  come(monitor, "a", 3);
  expect(monitor.bot("a")).not.toBe(before);
  expect(monitor.bot("a")).toMatchObject({ restarts: 0, conflict: null, status: "online", number: 0 });
  expect(monitor.story.at(-1)).toBe("a: new -> online, registered");
  monitor.wait(70);
  expect(monitor.bot("a").status).toBe("stale");
});

test("a fleet that is full forgets those that said goodbye, the longest ago first [server/F14]", () => {
  const monitor = new Monitor({ maxBots: 3 });
  for (const channel of ["a", "b", "c"]) come(monitor, channel);
  expect(come(monitor, "d")).toBe("fleet_full");
  expect(monitor.beat({ channel: "d" })).toBe("fleet_full");
  for (const channel of ["b", "a", "c"]) {
    monitor.wait(1);
    leave(monitor, channel);
  }
  come(monitor, "b", 2);
  expect(come(monitor, "d")).toBe("applied");
  expect(names(monitor)).toEqual(["b", "c", "d"]);
  expect(monitor.beat({ channel: "e" })).toBe("applied");
  expect(names(monitor)).toEqual(["b", "d", "e"]);
  expect(come(monitor, "f")).toBe("fleet_full");
  expect(monitor.forgotten).toEqual(["a", "c"]);
});

test("for one that comes, the dead go after a day; the stale and the living stay [server/F14]", () => {
  const monitor = new Monitor({ maxBots: 2 });
  come(monitor, "dead");
  const { clock } = monitor;
  const look = { channel: "dead", pid: 1, startedAtMs: null, startKey: 1, cpuPct: null, rssMb: null };
  monitor.registry.observe({ ...look, state: "alive", atMs: clock.wallMs() });
  monitor.registry.observe({ ...look, state: "gone", atMs: clock.wallMs() });
  come(monitor, "silent");
  monitor.wait(70);
  expect(monitor.registry.counts()).toMatchObject({ dead: 1, stale: 1 });
  expect(come(monitor, "new")).toBe("fleet_full");
  clock.pass(86_400_000);
  expect(come(monitor, "new")).toBe("applied");
  expect(names(monitor)).toEqual(["silent", "new"]);
});

test("of bots from the store, those that ended longest ago go first, also where there are more than may be [server/F14]", () => {
  const monitor = new Monitor({ maxBots: 3 });
  const row = (channel: string, agoMs: number) =>
    endedRow(monitor.clock, { channel, statusSinceMs: monitor.clock.wallMs() - agoMs });
  monitor.registry.restore([row("a", 10), row("b", 40), row("c", 20), row("d", 30), row("e", 50)], new Map());
  expect(come(monitor, "new")).toBe("applied");
  expect(monitor.forgotten).toEqual(["e", "b", "d"]);
  expect(names(monitor)).toEqual(["a", "c", "new"]);
});

test.each(["kissbot-doctor", "checklist"])(
  "%s is forgotten ten seconds after its goodbye [server/F14]",
  (channel) => {
    const monitor = new Monitor();
    come(monitor, channel);
    come(monitor, "a");
    leave(monitor, "a");
    monitor.wait(30);
    leave(monitor, channel);
    monitor.wait(9);
    expect(monitor.bot(channel).status).toBe("offline");
    monitor.wait(2);
    expect(monitor.forgotten).toEqual([channel]);
    expect(names(monitor)).toEqual(["a"]);
  },
);

test("the bot of doctor is forgotten where it died or fell silent, too, and nobody has to do it [server/F14]", () => {
  const channel = "kissbot-doctor";
  const monitor = new Monitor();
  come(monitor, channel);
  come(monitor, "a");
  monitor.wait(70);
  expect(monitor.forgotten).toEqual([channel]);
  expect(names(monitor)).toEqual(["a"]);
  come(monitor, channel, 2);
  const atMs = monitor.clock.wallMs();
  const look = { channel, pid: 2, startedAtMs: null, startKey: 1, cpuPct: null, rssMb: null, atMs };
  monitor.registry.observe({ ...look, state: "alive" });
  monitor.registry.observe({ ...look, state: "gone" });
  expect(monitor.bot(channel).status).toBe("dead");
  monitor.wait(9);
  expect(monitor.bot(channel).status).toBe("dead");
  monitor.wait(2);
  expect(monitor.forgotten).toEqual([channel, channel]);
});

test("a bot called checklist that fell silent stays, as one of somebody's may have that name [server/F14]", () => {
  const monitor = new Monitor();
  come(monitor, "checklist");
  monitor.wait(600);
  expect(monitor.bot("checklist").status).toBe("stale");
});
