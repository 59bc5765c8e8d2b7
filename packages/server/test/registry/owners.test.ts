import { ManualClock } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { Monitor } from "./monitor.js";
import { PlainOwner } from "./plain-owner.js";

function registerAll(monitor: Monitor, owner: PlainOwner, ...channels: string[]): string[] {
  return channels.map((channel, i) => monitor.register({ channel, pid: 100 + i, owner }));
}

test("one bot more than the owner may have is over its quota, and another owner's next one comes [users/U6]", () => {
  const monitor = new Monitor();
  const [a, b] = [new PlainOwner("a", 2), new PlainOwner("b", 2)];
  expect(registerAll(monitor, a, "a1", "a2", "a3")).toEqual(["applied", "applied", "over_quota"]);
  expect(monitor.beat({ channel: "a3", owner: a })).toBe("over_quota");
  expect(monitor.registry.get("a3")).toBeUndefined();
  expect(monitor.transitions).toHaveLength(2);
  expect(registerAll(monitor, b, "b1")).toEqual(["applied"]);
  expect([a.bots, b.bots]).toEqual([2, 1]);
  // Those that it has may say what they like.
  expect(monitor.register({ channel: "a1", pid: 200, owner: a })).toBe("applied");
  expect(monitor.beat({ channel: "a2", pid: 101, owner: a })).toBe("applied");
});

test("the quota is asked before the size of the fleet", () => {
  const monitor = new Monitor({ maxBots: 1 });
  const a = new PlainOwner("a", 1);
  expect(registerAll(monitor, a, "a1", "a2")).toEqual(["applied", "over_quota"]);
  expect(registerAll(monitor, new PlainOwner("b"), "b1")).toEqual(["fleet_full"]);
});

test("in a full quota the owner's bot that said goodbye longest ago makes room, and nobody else's", () => {
  const monitor = new Monitor();
  const [a, b] = [new PlainOwner("a", 2), new PlainOwner("b")];
  registerAll(monitor, b, "b1");
  monitor.sayGoodbye({ channel: "b1", pid: 100 });
  registerAll(monitor, a, "a1", "a2");
  monitor.sayGoodbye({ channel: "a2", pid: 101 });
  monitor.sayGoodbye({ channel: "a1", pid: 100 });
  expect(registerAll(monitor, a, "a3")).toEqual(["applied"]);
  expect(monitor.forgotten).toEqual(["a2"]);
  expect([a.bots, b.bots]).toEqual([2, 1]);
});

test("a shared channel goes to the newest register, and the conflict names who claims it beside", () => {
  const monitor = new Monitor();
  const [a, b] = [new PlainOwner("a"), new PlainOwner("b")];
  monitor.register({ channel: "shared", pid: 1, owner: a });
  expect(monitor.bot("shared").principal).toBe("a");
  monitor.register({ channel: "shared", pid: 2, owner: b });
  expect(monitor.bot("shared")).toMatchObject({ principal: "b", pid: 2 });
  expect([a.bots, b.bots]).toEqual([0, 1]);
  monitor.wait(6);
  monitor.beat({ channel: "shared", pid: 1, owner: a });
  expect(monitor.bot("shared")).toMatchObject({
    principal: "b",
    conflict: { pid: 1, principal: "a" },
  });
});

test("an owner in a full quota cannot take a shared channel, and may claim it", () => {
  const monitor = new Monitor();
  const [a, b] = [new PlainOwner("a", 1), new PlainOwner("b")];
  registerAll(monitor, a, "a1");
  registerAll(monitor, b, "shared");
  expect(monitor.register({ channel: "shared", pid: 9, owner: a })).toBe("over_quota");
  expect(monitor.bot("shared")).toMatchObject({ principal: "b", pid: 100, restarts: 0 });
  expect(monitor.beat({ channel: "shared", pid: 9, owner: a })).toBe("ignored");
  expect(monitor.bot("shared").conflict).toMatchObject({ pid: 9, principal: "a" });
});

test("bots of two owners that tell one process share nothing of what it takes [users/U4]", () => {
  const clock = new ManualClock();
  const monitor = new Monitor({ clock });
  const [a, b] = [new PlainOwner("a"), new PlainOwner("b")];
  const startedAtMs = clock.wallMs() - 60_000;
  monitor.register({ channel: "b1", pid: 7, startedAtMs, owner: b });
  monitor.look({ channel: "b1", pid: 7, startedAtMs, startKey: 1, cpuPct: 5, rssMb: 50 });
  monitor.register({ channel: "a1", pid: 7, startedAtMs, owner: a });
  expect([monitor.registry.botsOfProcess("b1"), monitor.registry.botsOfProcess("a1")]).toEqual([1, 1]);
  monitor.register({ channel: "b2", pid: 7, startedAtMs, owner: b });
  expect(monitor.registry.botsOfProcess("b1")).toBe(2);
  // The newest register of b2 takes it to the other owner, and out of the process.
  monitor.register({ channel: "b2", pid: 7, startedAtMs, owner: a });
  expect([monitor.registry.botsOfProcess("b1"), monitor.registry.botsOfProcess("b2")]).toEqual([1, 2]);
});

test("a bot that leaves the fleet is no longer counted", () => {
  const monitor = new Monitor();
  const a = new PlainOwner("a", 1);
  registerAll(monitor, a, "a1");
  monitor.registry.forget("a1", { code: "forgotten", text: "forgotten" });
  expect(a.bots).toBe(0);
  expect(registerAll(monitor, a, "a2")).toEqual(["applied"]);
});
