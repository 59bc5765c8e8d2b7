import { silentLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Forgetting } from "../../src/control/forgetting.js";
import { forgottenFor } from "../../src/registry/cause.js";
import { CountingTurns } from "../counting-turns.js";
import { Monitor } from "../registry/monitor.js";

const dayMs = 86_400_000;
const minuteMs = 60_000;

function forgettingOf(monitor: Monitor, afterMs: number | null = null, stored = async () => true) {
  return new Forgetting({
    fleet: monitor.registry,
    forget: (channel, reason) => monitor.registry.forget(channel, forgottenFor(reason)),
    stored,
    turns: new CountingTurns(2),
    afterMs,
    clock: monitor.clock,
    logger: silentLogger,
  });
}

/** One bot in each status: `stale` was last heard 70 s ago, the others ended then. */
function fleet(): Monitor {
  const monitor = new Monitor();
  for (const channel of ["dead", "offline", "stale", "online"]) monitor.register({ channel });
  const look = { channel: "dead", startKey: 1 };
  monitor.look(look);
  monitor.look({ ...look, state: "gone" });
  monitor.sayGoodbye({ channel: "offline" });
  for (let second = 0; second < 70; second++) {
    monitor.wait(1);
    monitor.beat({ channel: "online" });
  }
  expect([...monitor.registry.bots()].map(({ status }) => status)).toEqual([
    "dead",
    "offline",
    "stale",
    "online",
  ]);
  return monitor;
}

test("a bot in any status but online is forgotten by name, and the end of its history says by whom [server/F14]", async () => {
  for (const channel of ["dead", "offline", "stale"]) {
    const monitor = fleet();
    const told = monitor.lastRows.length;
    const done = await forgettingOf(monitor).one(channel, "ops");
    expect(done).toEqual({ channels: [channel], stored: true });
    expect(monitor.registry.get(channel)).toBeUndefined();
    expect(monitor.lastRows.slice(told)).toEqual([
      expect.objectContaining({
        channel,
        pid: 7,
        from: channel,
        to: channel,
        previousPid: null,
        livedMs: null,
        causeCode: "forgotten",
        cause: "forgotten by ops",
        tsMs: monitor.clock.wallMs(),
      }),
    ]);
    monitor.register({ channel });
    expect(monitor.story.at(-1)).toBe(`${channel}: new -> online, registered`);
  }
});

test("an online bot stays, and one that is unknown is said to be [server/F14]", async () => {
  const monitor = fleet();
  const forgetting = forgettingOf(monitor);
  expect(await forgetting.one("online", "ops")).toBe(monitor.bot("online"));
  expect(await forgetting.one("nobody", "ops")).toBeNull();
  expect(monitor.forgotten).toEqual([]);
});

test("all that have not been online for a time are forgotten at once, and no other [server/F14]", async () => {
  const monitor = fleet();
  const forgetting = forgettingOf(monitor);
  expect(await forgetting.ended(71_000, "ops")).toEqual({ channels: [], stored: true });
  expect(await forgetting.ended(65_000, "ops")).toEqual({ channels: ["dead", "offline"], stored: true });
  expect(monitor.lastRows.at(-1)?.cause).toBe("forgotten by ops, not online for over 65 s");
  // It became stale 10 s ago.
  expect(await forgetting.ended(9_000, "ops")).toEqual({ channels: ["stale"], stored: true });
  expect([...monitor.registry.bots()].map(({ channel }) => channel)).toEqual(["online"]);
});

test("a bot that comes back while others are forgotten stays [server/F14]", async () => {
  const monitor = new Monitor();
  for (let n = 0; n < 6; n++) monitor.register({ channel: `${n}` });
  for (let n = 0; n < 6; n++) monitor.sayGoodbye({ channel: `${n}` });
  monitor.clock.pass(minuteMs);
  const forgetting = forgettingOf(monitor).ended(30_000, "ops");
  monitor.register({ channel: "5", pid: 8 });
  expect((await forgetting).channels).toEqual(["0", "1", "2", "3", "4"]);
  expect(monitor.bot("5").status).toBe("online");
});

test("the answer says where the store does not know it yet, also where asking it fails [server/F14]", async () => {
  for (const stored of [async () => false, () => Promise.reject(new Error("gone"))]) {
    const done = await forgettingOf(fleet(), null, stored).one("dead", "ops");
    expect(done).toEqual({ channels: ["dead"], stored: false });
  }
});

test("by itself a monitor forgets what has not been online for as long as was set, and nothing where nothing was [server/F14]", async () => {
  const monitor = fleet();
  const [forgetting, never] = [forgettingOf(monitor, dayMs), forgettingOf(monitor, null)];
  for (let hour = 0; hour < 23; hour++) {
    monitor.clock.pass(60 * minuteMs);
    expect(await forgetting.forgetOld()).toBe(0);
  }
  monitor.beat({ channel: "online" });
  monitor.clock.pass(61 * minuteMs);
  expect(await never.forgetOld()).toBe(0);
  expect(await forgetting.forgetOld()).toBe(3);
  expect(monitor.lastRows.at(-1)?.cause).toBe("forgotten, not online for over 24 h");
  expect([...monitor.registry.bots()].map(({ channel }) => channel)).toEqual(["online"]);
});

test("for ten minutes after the start, or after a step of the clock, nobody is forgotten for age [server/F14]", async () => {
  const monitor = fleet();
  const forgetting = forgettingOf(monitor, dayMs);
  const pass = async (minutes: number) => {
    let forgot = 0;
    for (let minute = 0; minute < minutes; minute++) {
      monitor.clock.pass(minuteMs);
      forgot += await forgetting.forgetOld();
    }
    return forgot;
  };
  expect(await pass(20)).toBe(0);
  monitor.clock.step(40 * dayMs);
  expect(await pass(9)).toBe(0);
  // It was a wrong clock.
  monitor.clock.step(-40 * dayMs);
  expect(await pass(30)).toBe(0);
  monitor.clock.step(40 * dayMs);
  expect(await pass(11)).toBe(3);
});
