import { encode, type Message } from "@kissbot/protocol";
import { ManualClock, silentLogger } from "@kissbot/testkit";
import { expect, test } from "vitest";
import type { Principal } from "../../src/principals/principal.js";
import type { PrincipalPolicy } from "../../src/principals/principal-policy.js";
import { Principals } from "../../src/principals/principals.js";
import { MessageQueue, type QueueOptions } from "../../src/queue/message-queue.js";
import type { BotProbeResult } from "../../src/registry/probe-result.js";

function queueOf(options: Partial<QueueOptions> = {}): MessageQueue {
  return new MessageQueue({ maxRows: 100, maxBots: 100, ...options });
}

function usage(feature: string, channel = "a"): Message {
  return { type: "llm_usage", channel, model: "m", feature, tokens_in: 1, tokens_out: 2 };
}

function metric(metric_name: string, channel = "a"): Message {
  return { type: "custom_metric", channel, metric_name, value: 1 };
}

function sample(channel: string, pid: number): BotProbeResult {
  return {
    channel,
    pid,
    atMs: 0,
    state: "alive",
    startedAtMs: null,
    startKey: null,
    cpuPct: null,
    rssMb: null,
  };
}

function offerAll(queue: MessageQueue, ...messages: readonly Message[]): void {
  for (const [index, message] of messages.entries()) queue.offerMessage(message, index);
}

/** What waits in the liveness lane, as `type pid@receivedAtMs`. */
function drainLiveness(queue: MessageQueue): string[] {
  const taken: string[] = [];
  queue.drainLiveness(1_000, ({ type, pid }, atMs) => {
    taken.push(`${type} ${pid}@${atMs}`);
    return "processed";
  });
  return taken;
}

function drainRows(queue: MessageQueue, limit = 1_000): string[] {
  const taken: string[] = [];
  const usage = queue.drainUsage(limit, (rows, from, to) => {
    taken.push(...rows.slice(from, to).map(({ feature }) => feature));
  });
  queue.drainMetrics(limit - usage, (rows, from, to) => {
    taken.push(...rows.slice(from, to).map(({ metricName }) => metricName));
  });
  return taken;
}

function teams(bounds: Partial<PrincipalPolicy>) {
  const unbounded = { maxBots: null, maxConnections: null, rowsPerSecond: null, ownUid: null };
  const policies = ["a", "b"].map((name) => ({ name, channels: ["*"], ...unbounded, ...bounds }));
  const principals = new Principals({ policies, clock: new ManualClock(), logger: silentLogger });
  return { principals, a: principals.get("a") as Principal, b: principals.get("b") as Principal };
}

const register = (pid: number, channel = "a"): Message => ({ type: "register", channel, pid });
const heartbeat = (pid: number, channel = "a"): Message => ({ type: "heartbeat", channel, pid });
const unregister = (pid: number, channel = "a"): Message => ({ type: "unregister", channel, pid });

test("a newer heartbeat takes the place of the older one, with its own time", () => {
  const queue = queueOf();
  offerAll(queue, heartbeat(1), heartbeat(2), heartbeat(1));
  expect(drainLiveness(queue)).toEqual(["heartbeat 1@2", "heartbeat 2@1"]);
  expect(queue.counters.shed.heartbeat.coalesced).toBe(1);
});

test("no heartbeat crosses a register or unregister of its channel", () => {
  const queue = queueOf();
  offerAll(queue, heartbeat(1), register(2), heartbeat(1));
  expect(drainLiveness(queue)).toEqual(["register 2@1", "heartbeat 1@2"]);
  offerAll(queue, heartbeat(1), unregister(1), heartbeat(1), heartbeat(1));
  expect(drainLiveness(queue)).toEqual(["unregister 1@1", "heartbeat 1@3"]);
  offerAll(queue, heartbeat(1), register(1, "b"), heartbeat(1));
  expect(drainLiveness(queue)).toEqual(["heartbeat 1@2", "register 1@1"]);
});

test("of several processes of one channel, the last that registered is the last to be heard", () => {
  const queue = queueOf();
  offerAll(queue, register(1), register(2), register(1));
  expect(drainLiveness(queue)).toEqual(["register 2@1", "register 1@2"]);
  offerAll(queue, register(1), unregister(1), register(2), unregister(1), register(1), register(2));
  expect(drainLiveness(queue)).toEqual(["unregister 1@3", "register 1@4", "register 2@5"]);
  offerAll(queue, register(1), heartbeat(1), register(1), heartbeat(1));
  expect(drainLiveness(queue)).toEqual(["register 1@2", "heartbeat 1@3"]);
});

test("what is drained in between takes nothing of the order with it", () => {
  const queue = queueOf();
  offerAll(queue, register(1), heartbeat(1));
  expect(queue.drainLiveness(1, () => "processed")).toBe(1);
  offerAll(queue, heartbeat(1), register(1), heartbeat(1));
  expect(drainLiveness(queue)).toEqual(["register 1@1", "heartbeat 1@2"]);
});

test("a pair too many is shed as fleet_full, and finds room again after a drain", () => {
  const queue = queueOf({ maxBots: 2 });
  offerAll(queue, heartbeat(1), heartbeat(2), heartbeat(3), register(4), register(1), unregister(1));
  expect(queue.counters.shed.heartbeat.fleet_full).toBe(1);
  expect(queue.counters.shed.register.fleet_full).toBe(1);
  expect(drainLiveness(queue)).toHaveLength(4);
  offerAll(queue, register(4));
  expect(drainLiveness(queue)).toEqual(["register 4@0"]);
});

test("a channel has 16 processes waiting at most, and takes no other's place [server/F12]", () => {
  const queue = queueOf({ maxBots: 40 });
  for (let pid = 1; pid <= 1_000; pid++) offerAll(queue, register(pid), heartbeat(pid), unregister(pid));
  offerAll(queue, heartbeat(16), register(7, "honest"), heartbeat(7, "honest"));
  const { shed, crowdedChannel } = queue.counters;
  expect(crowdedChannel).toBe("a");
  for (const type of ["register", "heartbeat", "unregister"] as const) {
    expect(shed[type]).toMatchObject({ too_many_pids: 984, fleet_full: 0, queue_full: 0 });
  }
  expect(drainLiveness(queue).slice(-3)).toEqual(["heartbeat 16@0", "register 7@1", "heartbeat 7@2"]);
  offerAll(queue, heartbeat(17));
  expect(drainLiveness(queue)).toEqual(["heartbeat 17@0"]);
});

test("a flood of names leaves room for the bots of the fleet, one process each [server/F12]", () => {
  const queue = queueOf({ maxBots: 10, isKnown: (channel) => channel.startsWith("honest") });
  for (let n = 0; n < 100; n++) offerAll(queue, register(1, `flood${n}`));
  for (let n = 0; n < 20; n++) offerAll(queue, heartbeat(1, `honest${n}`), heartbeat(2, `honest${n}`));
  expect(queue.counters.shed.register.fleet_full).toBe(90);
  expect(queue.counters.shed.heartbeat.fleet_full).toBe(20);
  expect(drainLiveness(queue).filter((line) => line.startsWith("heartbeat 1"))).toHaveLength(20);
});

test("what the worker finds no place for is shed as fleet_full and is not processed", () => {
  const queue = queueOf();
  offerAll(queue, register(1), register(2));
  expect(queue.drainLiveness(10, ({ pid }) => (pid === 1 ? "fleet_full" : "processed"))).toBe(2);
  expect(queue.counters.processed.register).toBe(1);
  expect(queue.counters.shed.register).toEqual({
    coalesced: 0,
    queue_full: 0,
    fleet_full: 1,
    too_many_pids: 0,
  });
});

test("past the bound the oldest metric goes first, then the oldest usage", () => {
  const queue = queueOf({ maxRows: 4 });
  offerAll(queue, usage("u1"), metric("m1"), usage("u2"), metric("m2"), usage("u3"), usage("u4"));
  expect(queue.usageDepth + queue.metricDepth).toBe(4);
  offerAll(queue, usage("u5"), metric("m3"));
  expect(queue.counters.shed.custom_metric.queue_full).toBe(3);
  expect(queue.counters.shed.llm_usage.queue_full).toBe(1);
  expect(drainRows(queue)).toEqual(["u2", "u3", "u4", "u5"]);
});

test("rows are bounded by bytes as well, and one that could never fit takes no other with it", () => {
  const queue = queueOf({ maxRowBytes: 1_000 });
  expect(queue.rowRoom).toMatchObject({ rows: 0, bytes: 0, maxBytes: 1_000 });
  offerAll(queue, metric("m"), usage("u1"), usage("u2"), usage("u3"), usage("u4"));
  expect(queue.rowRoom.rows).toBe(4);
  expect(queue.rowRoom.bytes).toBeGreaterThan(800);
  expect(queue.rowRoom.bytes).toBeLessThanOrEqual(1_000);
  expect(queue.usageDepth + queue.metricDepth).toBe(4);
  offerAll(queue, usage("x".repeat(100)));
  expect(drainRows(queue)).toEqual(["u3", "u4", "x".repeat(100)]);
  offerAll(queue, usage("u5"), usage("x".repeat(256), "c".repeat(256)));
  expect(drainRows(queue)).toEqual(["u5"]);
  expect(queue.rowRoom).toMatchObject({ rows: 0, bytes: 0 });
});

test("a flood of rows and a store that takes none shed no register and no unregister", () => {
  const queue = queueOf({ maxRows: 10, maxBots: 10 });
  for (let i = 0; i < 100_000; i++) {
    offerAll(queue, usage("u"), metric("m"));
    if (i % 10_000 === 0) offerAll(queue, register(1 + i / 10_000), unregister(1 + i / 10_000));
  }
  const { shed } = queue.counters;
  for (const type of ["register", "heartbeat", "unregister"] as const) expect(shed[type].queue_full).toBe(0);
  expect(drainLiveness(queue)).toHaveLength(20);
  expect(queue.usageDepth + queue.metricDepth).toBe(10);
});

test("usage is drained before metrics, each in the order of arrival", () => {
  const queue = queueOf();
  offerAll(queue, metric("m1"), usage("u1"), metric("m2"), usage("u2"));
  expect(drainRows(queue, 3)).toEqual(["u1", "u2", "m1"]);
  expect(drainRows(queue)).toEqual(["m2"]);
});

test("of a bot's samples the latest is kept, and a bot too many finds no slot", () => {
  const queue = queueOf({ maxBots: 2 });
  for (const one of [sample("a", 1), sample("b", 1), sample("a", 2), sample("c", 1)]) queue.offerSample(one);
  const taken: BotProbeResult[] = [];
  expect(queue.depth).toBe(0);
  expect(queue.drainSamples(1, (one) => taken.push(one))).toBe(1);
  queue.offerSample(sample("c", 3));
  expect(queue.drainSamples(9, (one) => taken.push(one))).toBe(2);
  expect(taken).toEqual([sample("a", 2), sample("b", 1), sample("c", 3)]);
});

test("says once per lane that something waits, until that lane is empty again", () => {
  const queue = queueOf();
  let ready = 0;
  queue.onReady = () => {
    ready++;
  };
  offerAll(queue, usage("u1"), usage("u2"));
  expect(ready).toBe(1);
  // The store takes no rows: a heartbeat must wake the worker all the same.
  offerAll(queue, heartbeat(1), heartbeat(2));
  expect(ready).toBe(2);
  queue.drainLiveness(1, () => "processed");
  offerAll(queue, heartbeat(3));
  expect(ready).toBe(2);
  queue.offerSample(sample("a", 1));
  expect(ready).toBe(3);
  queue.drainLiveness(10, () => "processed");
  offerAll(queue, heartbeat(3));
  expect(ready).toBe(4);
});

test("the sums hold when the worker throws", () => {
  const queue = queueOf();
  offerAll(queue, heartbeat(1), usage("u"));
  expect(() =>
    queue.drainLiveness(1, () => {
      throw new Error("a fault of the worker");
    }),
  ).toThrow("a fault");
  expect(queue.depth).toBe(1);
  expect(queue.counters.processed.heartbeat).toBe(1);
});

test("metrics that come as lines are shed before any call, many at once, and the newest stay", () => {
  const { a } = teams({});
  const queue = queueOf({ maxRows: 20_000 });
  for (let i = 0; i < 15_000; i++) queue.offerMessage(usage(`u${i}`), 1, 0, a);
  expect([queue.isCrowded("llm_usage"), queue.isCrowded("custom_metric")]).toEqual([true, true]);
  // One that is not recognised waits as a line too.
  queue.offerMessage(metric("l\u00e4nge", "k\u00e4se"), 1, 0, a);
  const lines = (from: number, count: number, channel: string) =>
    Array.from({ length: count }, (_, i) => encode(metric(`m${from + i}`, channel))).join("");
  queue.offerRowLines("custom_metric", lines(0, 6_000, "b"), 6_000, 2, a);
  expect(a.lastShed("queue_full")).toEqual({ channel: "b", atMs: 2 });
  queue.offerRowLines("custom_metric", lines(6_000, 10_000, "c"), 10_000, 3, a);
  expect(a.lastShed("queue_full")).toEqual({ channel: "c", atMs: 3 });
  expect([queue.usageDepth, queue.metricDepth]).toEqual([15_000, 5_000]);
  queue.offerRowLines("llm_usage", encode(usage("last")).repeat(4_990), 4_990, 4, a);
  expect([queue.usageDepth, queue.metricDepth]).toEqual([19_990, 10]);
  expect(queue.counters.shed.custom_metric.queue_full).toBe(15_991);
  expect(queue.counters.shed.llm_usage.queue_full).toBe(0);
  expect(a.counters.shed.queue_full).toBe(15_991);
  const taken = drainRows(queue, 30_000);
  expect(taken.slice(-11)).toEqual(["last", ...Array.from({ length: 10 }, (_, i) => `m${15_990 + i}`)]);
  expect(queue.rowRoom).toMatchObject({ rows: 0, bytes: 0 });
});

test("calls that come while metrics wait are no crowd: none of them will be shed", () => {
  const queue = queueOf({ maxRows: 20_000 });
  for (let i = 0; i < 12_000; i++) queue.offerMessage(metric("m"), 1);
  for (let i = 0; i < 9_999; i++) queue.offerMessage(usage("u"), 1);
  expect([queue.isCrowded("llm_usage"), queue.isCrowded("custom_metric")]).toEqual([false, true]);
  queue.offerMessage(usage("u"), 1);
  expect(queue.isCrowded("llm_usage")).toBe(true);
});

test("a full lane sheds the rows of the principal whose rows take the most, whoever comes [users/U5]", () => {
  const { a, b } = teams({});
  const queue = queueOf({ maxRows: 100 });
  for (let i = 0; i < 90; i++) queue.offerMessage(usage(`a${i}`, "a_1"), i, 0, a);
  queue.offerMessage(metric("a metric"), 90, 0, a);
  for (let i = 0; i < 40; i++) queue.offerMessage(usage(`b${i}`, "b_1"), 100 + i, 0, b);
  expect(queue.counters.shed.custom_metric.queue_full).toBe(1);
  expect(queue.counters.shed.llm_usage.queue_full).toBe(30);
  expect([a.counters.shed.queue_full, b.counters.shed.queue_full]).toEqual([31, 0]);
  expect(a.lastShed("queue_full")).toEqual({ channel: "a_1", atMs: 139 });
  const taken = drainRows(queue);
  expect(taken.filter((feature) => feature.startsWith("b"))).toHaveLength(40);
  expect(taken.filter((feature) => feature.startsWith("a"))[0]).toBe("a30");
});

test("a flood of lines sheds those of the principal whose rows take the most, however many at once [users/U5]", () => {
  const { a, b } = teams({});
  const queue = queueOf({ maxRows: 20_000 });
  const line = (channel: string) => encode(usage("f", channel));
  const offer = (channel: string, lines: number, principal: Principal) =>
    queue.offerRowLines("llm_usage", line(channel).repeat(lines), lines, 1e12, principal);
  for (let i = 0; i < 9_000; i++) queue.offerMessage(usage("f", 'a "1\u00e9'), 1, 0, a);
  offer("b_1", 1_000, b);
  for (let i = 0; i < 40; i++) offer("a_1", 500, a);
  expect([a.counters.shed.queue_full, b.counters.shed.queue_full]).toEqual([10_000, 0]);
  expect(queue.depth).toBe(20_000);
  // Both send as much: from where they have the same, both lose.
  for (let i = 0; i < 80; i++) {
    offer("a_1", 500, a);
    offer("b_1", 500, b);
  }
  const [ofA, ofB] = [a.counters.shed.queue_full, b.counters.shed.queue_full];
  expect(ofA + ofB).toBe(29_000 + 1_000 + 80_000 - 20_000);
  expect([ofB > 30_000, ofA > ofB]).toEqual([true, true]);
  const waiting = { a_1: 0, b_1: 0 };
  while (queue.depth > 0) {
    queue.drainUsage(700, (rows, from, to) => {
      for (const { channel } of rows.slice(from, to)) waiting[channel as "a_1" | "b_1"]++;
    });
  }
  expect(Math.abs(waiting.a_1 - waiting.b_1)).toBeLessThan(600);
  expect(waiting.a_1 + waiting.b_1).toBe(20_000);
  expect(queue.rowRoom.bytes).toBe(0);
});

test("what is shed last of a principal is named, also where a name is written with escapes", () => {
  const { a } = teams({});
  const queue = queueOf({ maxRows: 16_384 });
  const odd = 'c\u00e4"\\ d';
  for (let i = 0; i < 10_000; i++) queue.offerMessage(usage("f", odd), 1, 0, a);
  queue.offerRowLines("llm_usage", encode(usage("f", "plain")).repeat(7_000), 7_000, 1, a);
  expect(a.lastShed("queue_full")?.channel).toBe(odd);
  for (let i = 0; i < 9_384; i++) queue.offerMessage(usage("f", odd), 2, 0, a);
  expect(a.lastShed("queue_full")?.channel).toBe(odd);
  queue.offerMessage(usage("f", odd), 3, 0, a);
  expect(a.lastShed("queue_full")?.channel).toBe("plain");
});

test("rows of several principals are taken in turns, each principal's in their order", () => {
  const { principals, a, b } = teams({});
  const queue = queueOf({ maxRows: 10_000 });
  for (let i = 0; i < 5_000; i++) queue.offerMessage(usage(`a${i}`, "a_1"), i, 0, a);
  for (let i = 0; i < 5; i++) queue.offerMessage(usage(`b${i}`, "b_1"), i, 0, b);
  queue.offerMessage(usage("local", "c"), 1, 0, principals.local);
  const taken = drainRows(queue, 30);
  expect(taken).toHaveLength(30);
  expect(taken.filter((feature) => feature.startsWith("b"))).toEqual(["b0", "b1", "b2", "b3", "b4"]);
  expect(taken).toContain("local");
  expect(taken.filter((feature) => feature.startsWith("a"))).toEqual(
    Array.from({ length: 24 }, (_, i) => `a${i}`),
  );
  expect(drainRows(queue, 10_000)).toHaveLength(4_976);
  expect(queue.rowRoom).toMatchObject({ rows: 0, bytes: 0 });
});

test("a removed principal's rows are still taken, and then nothing of it is kept", () => {
  const { principals, a, b } = teams({});
  const queue = queueOf();
  queue.offerMessage(usage("a0", "a_1"), 1, 0, a);
  queue.offerMessage(usage("b0", "b_1"), 1, 0, b);
  principals.replacePolicies([]);
  expect(drainRows(queue).sort()).toEqual(["a0", "b0"]);
  queue.offerMessage(usage("again", "b_1"), 2, 0, b);
  expect(drainRows(queue)).toEqual(["again"]);
});

test("processes of a principal wait within its own bound, and leave room for others [users/U6]", () => {
  const { principals, a, b } = teams({ maxBots: 2 });
  const queue = queueOf({ maxBots: 4, isKnown: (channel) => channel === "a_known" });
  for (const channel of ["a_1", "a_2", "a_3", "a_known", "a_4"])
    queue.offerMessage(register(1, channel), 5, 0, a);
  queue.offerMessage(heartbeat(1, "a_1"), 6, 0, a);
  expect(queue.counters.shed.register).toMatchObject({ over_quota: 2, fleet_full: 0 });
  expect(a.counters.shed).toMatchObject({ over_quota: 2 });
  expect(a.lastShed("over_quota")).toEqual({ channel: "a_4", atMs: 5 });
  queue.offerMessage(register(1, "b_1"), 7, 0, b);
  expect(queue.counters.shed.register.fleet_full).toBe(0);
  const taken: string[] = [];
  queue.drainLiveness(2, ({ channel }, _atMs, _connection, principal) => {
    taken.push(`${channel} of ${principal?.name}`);
    return channel === "a_2" ? "over_quota" : "processed";
  });
  expect(taken).toEqual(["a_1 of a", "a_2 of a"]);
  expect(queue.counters.shed.register.over_quota).toBe(3);
  expect(queue.counters.processed.register).toBe(1);
  queue.offerMessage(register(1, "a_5"), 8, 0, a);
  expect(queue.counters.shed.register.over_quota).toBe(4);
  queue.drainLiveness(10, () => "processed");
  queue.offerMessage(register(1, "a_5"), 9, 0, a);
  expect(queue.depth).toBe(1);
  expect([...principals].map(({ counters }) => counters.shed.over_quota)).toEqual([0, 4, 0]);
});
