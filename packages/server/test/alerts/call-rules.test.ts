import { type LlmUsage, LlmUsageTable } from "@kissbot/store";
import { describe, expect, test } from "vitest";
import { reportCalls } from "../../src/alerts/call-rules.js";
import { explain } from "../../src/alerts/explanation.js";
import { AlertWorld, anything, unset } from "./alert-world.js";

const minute = 60_000;
const receiver = { ...anything, name: "team" };

function worldOf(rules: Record<string, Partial<typeof unset>>): AlertWorld {
  const whole = Object.entries(rules).map(([name, rule]) => [name, { ...unset, ...rule }] as const);
  return new AlertWorld({ receivers: [receiver], bots: ["a", "b"], rules: Object.fromEntries(whole) });
}

function call(world: AlertWorld, count: number, change: Partial<LlmUsage> = {}): void {
  const table = new LlmUsageTable(Math.max(1, count));
  const names = { channel: "a", model: "gpt", feature: "chat" };
  table.append(
    Array.from({ length: count }, () => ({
      ...names,
      tsMs: world.wallMs,
      tokensIn: 1,
      tokensOut: 1,
      latencyMs: 100,
      ...change,
    })),
  );
  reportCalls(world.rules.ofCalls, { rows: table, from: 0, to: count }, world.now);
}

const openOf = (world: AlertWorld) =>
  [...world.book.episodes].map(({ rule, subject, cause }) => [rule, subject.name, cause]);

describe("error_rate", () => {
  test("opens where over a quarter of the calls of a model fail, is told once, and ends when they work again [cost/C16]", () => {
    const world = worldOf({});
    call(world, 30);
    call(world, 10, { error: "rate_limit" });
    call(world, 40, { model: "fine" });
    world.run(3 * minute);
    expect(openOf(world), "a quarter is not over it").toEqual([]);
    call(world, 1, { error: "timeout" });
    world.run(3 * minute);
    const cause = "11 of 41 calls of gpt failed within 15 min, above 25 %";
    expect(openOf(world)).toEqual([["error_rate", "gpt", cause]]);
    const told = world.notices(receiver.name).length;
    expect(told).toBe(1);
    world.run(3 * minute);
    expect(world.notices(receiver.name)).toHaveLength(told);
    call(world, 100);
    world.run(7 * minute);
    expect(openOf(world)).toEqual([]);
    world.run(3 * minute);
    expect(world.notices(receiver.name)).toHaveLength(told + 1);
  });

  test("opens on no fewer than 20 calls, and on none that was cancelled [cost/C16]", () => {
    const world = worldOf({});
    call(world, 19, { error: "server" });
    call(world, 50, { model: "stopped", error: "cancelled" });
    world.run(3 * minute);
    expect(openOf(world)).toEqual([]);
    call(world, 1, { error: "server" });
    world.run(3 * minute);
    expect(openOf(world)).toMatchObject([["error_rate", "gpt", expect.stringContaining("20 of 20")]]);
  });

  test("forgets calls after 15 minutes, whenever they are reported [cost/C16]", () => {
    const world = worldOf({});
    call(world, 100, { error: "server", tsMs: world.wallMs - 16 * minute });
    world.run(3 * minute);
    expect(openOf(world), "too old").toEqual([]);
    call(world, 100, { error: "server", tsMs: world.wallMs - 5 * minute });
    world.run(3 * minute);
    expect(openOf(world)).toHaveLength(1);
    world.run(16 * minute);
    expect(openOf(world), "nobody calls any more").toEqual([]);
  });

  test("swings about its limit as one alert [cost/C16]", () => {
    const world = worldOf({ error_rate: { above: 50, clear: 20 } });
    call(world, 40, { error: "server" });
    world.run(2 * minute);
    expect(openOf(world)).toHaveLength(1);
    // 40 of 100: between the limit and where it is fine.
    call(world, 60);
    world.run(8 * minute);
    expect(openOf(world)).toHaveLength(1);
    call(world, 101);
    world.run(6 * minute);
    expect(openOf(world)).toEqual([]);
  });

  test("does not end by a restart, which knows none of the calls [cost/C16]", () => {
    const world = worldOf({});
    call(world, 40, { error: "server" });
    world.run(3 * minute);
    expect(openOf(world)).toHaveLength(1);
    world.kill(Number.POSITIVE_INFINITY, minute);
    call(world, 3);
    world.run(10 * minute);
    expect(openOf(world), "three calls prove nothing").toHaveLength(1);
    call(world, 20);
    world.run(6 * minute);
    expect(openOf(world)).toEqual([]);
  });

  test("does not end while the few calls that are left fail, and ends when few work [cost/C16]", () => {
    const world = worldOf({});
    world.run(16 * minute);
    call(world, 40, { error: "server" });
    world.run(2 * minute);
    expect(openOf(world)).toHaveLength(1);
    for (let i = 0; i < 40; i++) {
      call(world, 1, { error: "server" });
      world.run(minute);
    }
    expect(openOf(world), "all of 15 calls fail").toHaveLength(1);
    for (let i = 0; i < 25; i++) {
      call(world, 1);
      world.run(minute);
    }
    expect(openOf(world), "all of 15 calls work").toEqual([]);
  });

  test("is not looked at where it is off [cost/C16]", () => {
    const world = worldOf({ error_rate: { enabled: false } });
    call(world, 40, { error: "server" });
    world.run(3 * minute);
    expect(openOf(world)).toEqual([]);
    expect(world.rules.ofCalls).toEqual([]);
  });
});

describe("latency", () => {
  test("is off without a limit, and looks at the calls that its patterns choose [cost/C16]", () => {
    expect(worldOf({}).rules.ofCalls.map(({ terms }) => terms.name)).toEqual(["error_rate"]);
    const world = worldOf({ latency: { above: 5_000, bots: ["a"], models: ["gpt*"], features: ["chat"] } });
    call(world, 40, { channel: "b", latencyMs: 9_000 });
    call(world, 40, { model: "claude", latencyMs: 9_000 });
    call(world, 40, { feature: "title", latencyMs: 9_000 });
    call(world, 40, { latencyMs: null });
    call(world, 95);
    call(world, 5, { latencyMs: 9_000 });
    world.run(2 * minute);
    expect(openOf(world), "the 95th of a hundred is fast").toEqual([]);
    call(world, 1, { latencyMs: 9_000 });
    world.run(2 * minute);
    const cause = "6 of 101 calls of gpt took longer than 5000 ms within 15 min: its p95 is above that";
    expect(openOf(world)).toEqual([["latency", "gpt", cause]]);
    const parts = {
      book: world.book,
      judge: world.judge,
      rules: world.rules,
      mailboxes: [],
      quietUntilClockMs: 0,
      knowsBaseline: () => true,
    };
    const said = (channel: string) =>
      explain(channel, world.fleet.get(channel), parts, world.now).rules.filter(
        ({ rule }) => rule === "latency",
      );
    expect(said("a")).toMatchObject([{ state: "wrong", isOpen: true, text: cause }]);
    expect(said("b")).toMatchObject([{ state: "not_asked" }]);
  });

  test("tells a hundred models apart, whatever names bots make up [cost/C16]", () => {
    const world = worldOf({ latency: { above: 10 } });
    for (let i = 0; i < 150; i++) call(world, 20, { model: `m${i}` });
    const [rule] = world.rules.ofCalls;
    const found = rule?.judgeAll(world.now) ?? [];
    expect(found).toHaveLength(101);
    expect(found.at(-1)?.subject.name).toBe("other");
    expect(found.at(-1)?.verdict).toMatchObject({ facts: { calls: 50 * 20 } });
  });
});
