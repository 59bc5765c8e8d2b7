import { ManualClock, RecordingLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { Principal } from "../../src/principals/principal.js";
import type { PrincipalPolicy } from "../../src/principals/principal-policy.js";
import { Principals } from "../../src/principals/principals.js";
import { policyOf } from "./policy-of.js";

function principalsOf(...policies: PrincipalPolicy[]) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const principals = new Principals({ policies, clock, logger });
  const pass = (ms: number) => {
    clock.pass(ms);
    principals.readClock();
  };
  return { principals, clock, logger, pass, of: (name: string) => principals.get(name) as Principal };
}

test("local comes first, may report on everything, and has no bound", () => {
  const { principals } = principalsOf(policyOf("a"), policyOf("b"));
  expect([...principals].map(({ name }) => name)).toEqual(["local", "a", "b"]);
  expect(principals.get("local")).toBe(principals.local);
  const verdicts = Array.from({ length: 20_000 }, (_, i) => principals.local.judge(true, `channel ${i}`, 0));
  expect(new Set(verdicts)).toEqual(new Set([null]));
  expect(principals.local.counters).toMatchObject({ received: 20_000, receivedRows: 20_000 });
  expect(principalsOf().principals.hasOthers).toBe(false);
  expect(principals.hasOthers).toBe(true);
});

test("a message on a channel that no pattern names is unauthorized, each time", () => {
  const { of } = principalsOf(policyOf("a", { channels: ["a_*", "shared"] }));
  const a = of("a");
  for (const channel of ["a_1", "a_", "shared", "a_1"]) expect(a.judge(false, channel, 0)).toBeNull();
  for (const channel of ["b_1", "a", "shared2", "b_1"])
    expect(a.judge(false, channel, 0)).toBe("unauthorized");
  expect(a.counters).toMatchObject({
    received: 8,
    receivedRows: 0,
    shed: { unauthorized: 4, over_quota: 0 },
  });
  expect(a.lastShed("unauthorized")).toEqual({ channel: "b_1", atMs: 0 });
  expect(a.lastShed("over_quota")).toBeNull();
});

test("verdicts stay right however many channels come", () => {
  const { of } = principalsOf(policyOf("a"), policyOf("b"));
  const verdicts = Array.from({ length: 30_000 }, (_, i) =>
    [
      of("a").judge(false, `a_${i}`, 0),
      of("b").judge(false, `a_${i % 7}`, 0),
      of("b").judge(false, `b_${i % 11_000}`, 0),
    ].join(),
  );
  expect(new Set(verdicts)).toEqual(new Set([",unauthorized,"]));
});

test("rows have a burst of ten seconds and then the rate; nothing else is bounded by it", () => {
  const { of, pass } = principalsOf(policyOf("a", { rowsPerSecond: 5 }));
  const a = of("a");
  const passed = (tries: number) =>
    Array.from({ length: tries }, () => a.judge(true, "a_1", 0)).filter((verdict) => verdict === null).length;
  expect(passed(100)).toBe(50);
  expect(a.judge(false, "a_1", 0)).toBeNull();
  pass(1_000);
  expect(passed(100)).toBe(5);
  pass(100);
  expect(passed(1)).toBe(0);
  pass(100);
  expect(passed(2)).toBe(1);
  pass(3_600_000);
  expect(passed(100)).toBe(50);
  expect(a.counters.shed).toMatchObject({ over_quota: 50 + 95 + 1 + 1 + 50, unauthorized: 0 });
});

test("an unauthorized row takes nothing of the quota", () => {
  const { of } = principalsOf(policyOf("a", { rowsPerSecond: 1 }));
  for (let i = 0; i < 100; i++) of("a").judge(true, "b_1", 0);
  for (let i = 0; i < 10; i++) expect(of("a").judge(true, "a_1", 0)).toBeNull();
});

test("logs the first message of each refused channel, five in ten seconds, and the rest as a count", () => {
  const { of, principals, logger, pass } = principalsOf(policyOf("a"), policyOf("b"));
  for (let round = 0; round < 3; round++) for (let i = 0; i < 8; i++) of("a").judge(false, `x${i}\u001b`, 0);
  of("b").judge(false, "x0", 0);
  const sentence = "shed a message: the principal may not report on this channel";
  expect(logger.entries).toHaveLength(6);
  expect(logger.entries[0]).toEqual({
    level: "warn",
    fields: { principal: "a", channel: "x0\\x1b" },
    sentence,
  });
  expect(logger.entries[5]).toMatchObject({ fields: { principal: "b", channel: "x0" }, sentence });
  pass(10_000);
  principals.tick();
  expect(logger.entries.slice(6)).toEqual([
    {
      level: "warn",
      fields: { principal: "a", left_out: 3 },
      sentence: "further channels on which the principal may not report were left out of the log",
    },
  ]);
});

test("logs when a quota begins and ends to bite, each once", () => {
  const { of, principals, logger, pass } = principalsOf(policyOf("a", { rowsPerSecond: 1, maxBots: 3 }));
  for (let i = 0; i < 15; i++) of("a").judge(true, "a_1", 0);
  of("a").countOverQuota("max_bots", "a_4", 0);
  pass(2_000);
  for (let i = 0; i < 5; i++) of("a").judge(true, "a_1", 0);
  principals.tick();
  const began = "a principal is over its quota: what is above it is shed";
  expect(logger.entries).toEqual([
    {
      level: "warn",
      fields: { principal: "a", quota: "rows_per_second", limit: 1, channel: "a_1" },
      sentence: began,
    },
    {
      level: "warn",
      fields: { principal: "a", quota: "max_bots", limit: 3, channel: "a_4" },
      sentence: began,
    },
  ]);
  for (let i = 0; i < 4; i++) {
    pass(3_000);
    principals.tick();
  }
  const ended = "a principal is within its quota again";
  expect(logger.entries.slice(2)).toEqual([
    { level: "info", fields: { principal: "a", quota: "max_bots", shed: 1, span_s: 0 }, sentence: ended },
    {
      level: "info",
      fields: { principal: "a", quota: "rows_per_second", shed: 8, span_s: 2 },
      sentence: ended,
    },
  ]);
});

test("the rate is that of the rows between two ticks", () => {
  const { of, principals, pass } = principalsOf(policyOf("a", { rowsPerSecond: 1 }));
  for (let i = 0; i < 90; i++) of("a").judge(true, "a_1", 0);
  of("a").judge(false, "a_1", 0);
  pass(3_000);
  principals.tick();
  expect(of("a").rowsPerSecond).toBe(30);
  pass(3_000);
  principals.tick();
  expect(of("a").rowsPerSecond).toBe(0);
});

test("another policy holds for the same principal, and its counts go on", () => {
  const { principals, of } = principalsOf(policyOf("a"));
  const a = of("a");
  expect(a.judge(false, "b_1", 0)).toBe("unauthorized");
  principals.replacePolicies([policyOf("a", { channels: ["b_*"] }), policyOf("c")]);
  expect(of("a")).toBe(a);
  expect(a.judge(false, "b_1", 0)).toBeNull();
  expect(a.judge(false, "a_1", 0)).toBe("unauthorized");
  expect(a.counters.received).toBe(3);
  expect([...principals].map(({ name }) => name)).toEqual(["local", "a", "c"]);
});

test("a removed principal stays as it was until its last connection and bot are gone, or it comes back", () => {
  const { principals, of } = principalsOf(policyOf("a"), policyOf("b"));
  const a = of("a");
  a.connectionOpened();
  a.botAdded();
  principals.replacePolicies([]);
  const removed = () => [...principals].map(({ name, isRemoved }) => [name, isRemoved]);
  // The listener of b still accepts what has connected.
  expect(removed()).toEqual([
    ["local", false],
    ["a", true],
    ["b", true],
  ]);
  principals.tick();
  expect(removed()).toEqual([
    ["local", false],
    ["a", true],
  ]);
  expect([a.judge(false, "a_1", 0), a.judge(false, "b_1", 0)]).toEqual([null, "unauthorized"]);
  a.connectionClosed();
  principals.tick();
  expect(principals.get("a")).toBe(a);
  principals.replacePolicies([policyOf("a")]);
  expect(a.isRemoved).toBe(false);
  principals.replacePolicies([]);
  a.botRemoved();
  principals.tick();
  expect(principals.get("a")).toBeUndefined();
  expect(principals.hasOthers).toBe(false);
});

test("refuses a name that comes twice, and local, and changes nothing", () => {
  const { principals } = principalsOf(policyOf("a"));
  for (const names of [
    ["b", "b"],
    ["b", "local"],
  ])
    expect(() => principals.replacePolicies(names.map((name) => policyOf(name)))).toThrow(TypeError);
  expect([...principals].map(({ name }) => name)).toEqual(["local", "a"]);
});

test("whose a restored bot most likely is: of the one principal that may report on it, else of local", () => {
  const { principals } = principalsOf(
    policyOf("a", { channels: ["a_*", "shared"], ownUid: 7 }),
    policyOf("b", { channels: ["b_*", "shared"] }),
  );
  const owners = ["a_1", "b_1", "shared", "else"].map((channel) => principals.likelyOwnerOf(channel).name);
  expect(owners).toEqual(["a", "b", "local", "local"]);
  expect([principals.ownUidOf("a"), principals.ownUidOf("b"), principals.ownUidOf("nobody")]).toEqual([
    7,
    null,
    null,
  ]);
});
