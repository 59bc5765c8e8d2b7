import type { LlmUsage, UsageQuery } from "@kissbot/store";
import { openStore } from "@kissbot/store";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { BudgetKeeper } from "../../src/cost/budget-keeper.js";
import { BudgetMeter } from "../../src/cost/budget-meter.js";
import { BudgetRestoration } from "../../src/cost/budget-restoration.js";
import { EventLoopTurns } from "../../src/turns.js";
import { budgetOf, callOf, report } from "./plain-budget.js";

const noon = Date.UTC(2026, 10, 26, 12);
const hour = 3_600_000;
const day = 24 * hour;
const clock = { wallMs: () => noon, monotonicMs: () => performance.now() };
const rest = () => new Promise<void>((resolve) => setImmediate(resolve));
const logger = { warn: () => undefined };

/**
 * A monitor whose calls are counted at once and stored a little later; a question reads one moment
 * between it and its answer.
 */
class BusyMonitor {
  readonly meter: BudgetMeter;
  readonly all: LlmUsage[] = [];
  readonly stored: LlmUsage[] = [];
  readonly #waiting: LlmUsage[] = [];
  readonly #queue: LlmUsage[] = [];
  isHeld = false;
  isAway = false;

  constructor(budgets: ConstructorParameters<typeof BudgetMeter>[0]["budgets"]) {
    this.meter = new BudgetMeter({ budgets, clock });
  }

  /** A bot reports a call. */
  call(call: LlmUsage): void {
    this.all.push(call);
    if (this.isHeld) this.#queue.push(call);
    else this.#count(call);
  }

  /** The database commits some of what waits. */
  commit(count = this.#waiting.length): void {
    this.stored.push(...this.#waiting.splice(0, count));
  }

  readonly gate = {
    close: async () => {
      this.isHeld = true;
      await rest();
      this.commit();
    },
    open: () => {
      this.isHeld = false;
      for (const call of this.#queue.splice(0)) this.#count(call);
    },
  };

  readonly store = {
    usageList: async ({ fromMs, toMs, groupBy = [] }: UsageQuery) => {
      await rest();
      if (this.isAway) throw new Error("away");
      const groups = new Map<string, ReturnType<typeof totalOf>>();
      for (const call of this.stored) {
        if (call.tsMs < fromMs || call.tsMs >= toMs) continue;
        const key = groupBy.map((name) => call[name as "channel"]).join("\n");
        const total = groups.get(key) ?? totalOf(call, groupBy);
        groups.set(key, total);
        total.calls++;
        total.tokensIn += call.tokensIn;
        total.tokensOut += call.tokensOut;
        if (call.costUsd === null || call.costUsd === undefined) continue;
        total.costCalls++;
        total.costUsd = (total.costUsd ?? 0) + call.costUsd;
      }
      await rest();
      await rest();
      return [...groups.values()] as never;
    },
  };

  #count(call: LlmUsage): void {
    this.#waiting.push(call);
    report(this.meter, call);
  }
}

function totalOf({ channel, model, feature }: LlmUsage, groupBy: readonly string[]) {
  const of = (name: string, value: string) => (groupBy.includes(name) ? value : null);
  return {
    channel: of("channel", channel),
    model: of("model", model),
    feature: of("feature", feature),
    calls: 0,
    tokensIn: 0,
    tokensOut: 0,
    costCalls: 0,
    costUsd: null as number | null,
  };
}

describe("what was spent before the start", () => {
  test("is put in while calls are reported, each counted once, whenever it is stored [cost/C11]", async () => {
    const call = fc.record({
      ago: fc.constantFrom(0, 0, 0, 1, hour, 13 * hour, 2 * day, 30 * day),
      channel: fc.constantFrom("a", "b"),
      costUsd: fc.constantFrom(1, 2, null),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { maxLength: 30 }),
        fc.array(fc.tuple(call, fc.nat(3)), { maxLength: 60 }),
        async (before, meanwhile) => {
          const budgets = [
            budgetOf({ forecast: true }),
            budgetOf({ name: "b", per: "month", each: "channel", channel: ["a"] }),
          ];
          const monitor = new BusyMonitor(budgets);
          const made = ({ ago, ...terms }: (typeof before)[number]) => callOf({ ...terms, tsMs: noon - ago });
          monitor.all.push(...before.map(made));
          monitor.stored.push(...monitor.all);
          const restoration = new BudgetRestoration({
            ...monitor,
            meter: monitor.meter,
            turns: new EventLoopTurns(),
          });
          const done = Promise.all([
            (async () => {
              for (const metered of monitor.meter.all) await restoration.restore(metered, monitor.store);
            })(),
            (async () => {
              for (const [one, commits] of meanwhile) {
                monitor.call(made(one));
                monitor.commit(commits);
                if (commits !== 1) await rest();
              }
            })(),
          ]);
          await done;
          for (const { budget, counted, young } of monitor.meter.all) {
            expect(young).toBeNull();
            const { period, spends } = counted.current;
            const own = monitor.all.filter(({ tsMs }) => tsMs >= period.fromMs && tsMs < period.toMs);
            for (const channel of ["a", "b"]) {
              const key = budget.each === null ? "" : channel;
              const counts = own.filter((one) =>
                budget.each === null ? true : one.channel === channel && channel === "a",
              );
              const wanted = counts.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
              expect(spends.get(key)?.usd ?? 0).toBeCloseTo(wanted, 9);
              expect(spends.get(key)?.calls ?? 0).toBe(counts.length);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("keeps the names that cost the most where there are more than it may keep [cost/C11]", async () => {
    await using store = await openStore("memory:", { now: () => noon });
    const named = (kind: string, costUsd: number, tokensIn: number) =>
      Array.from({ length: 3 }, (_, i) => callOf({ channel: `${kind}-${i}`, costUsd, tokensIn }));
    const llmUsage = [...named("free", 0, 9_000), ...named("dear", 2, 10), ...named("cheap", 1, 5_000)];
    await store.write({ producer: "test", epoch: 1, seq: 1, llmUsage });
    const meter = new BudgetMeter({ budgets: [budgetOf({ each: "channel" })], clock, maxKeys: 3 });
    const gate = { close: async () => undefined, open: () => undefined };
    const restoration = new BudgetRestoration({ meter, gate, turns: new EventLoopTurns() });
    for (const metered of meter.all) await restoration.restore(metered, store);
    const spends = meter.all[0]?.counted.current.spends;
    expect([...(spends ?? [])].map(([key, { usd }]) => [key, usd])).toEqual([
      ["dear-0", 2],
      ["dear-1", 2],
      ["dear-2", 2],
    ]);
  });

  test("is asked for of today alone while calls are held back, with a forecast or without [cost/C11]", async () => {
    for (const forecast of [true, false]) {
      const monitor = new BusyMonitor([budgetOf({ per: "month", forecast })]);
      monitor.stored.push(callOf({ tsMs: noon - day, costUsd: 3 }), callOf({ costUsd: 4 }));
      const held: number[] = [];
      const store = {
        usageList: async (query: UsageQuery) => {
          if (monitor.isHeld) held.push((query.toMs - query.fromMs) / day);
          else monitor.call(callOf({ costUsd: 1 }));
          return await monitor.store.usageList(query);
        },
      };
      const restoration = new BudgetRestoration({
        ...monitor,
        meter: monitor.meter,
        turns: new EventLoopTurns(),
      });
      for (const metered of monitor.meter.all) await restoration.restore(metered, store);
      expect(held).toEqual([1]);
      const made = monitor.all.length;
      expect(made).toBeGreaterThan(1);
      expect(monitor.meter.all[0]?.counted.current.spends.get("")?.usd).toBe(3 + 4 + made);
    }
  });

  test("is asked for again where the database did not answer, and until then nothing is said", async () => {
    const monitor = new BusyMonitor([budgetOf()]);
    monitor.stored.push(callOf({ costUsd: 7 }));
    monitor.isAway = true;
    const restoration = new BudgetRestoration({
      ...monitor,
      meter: monitor.meter,
      turns: new EventLoopTurns(),
    });
    const [metered] = monitor.meter.all;
    if (metered === undefined) throw new Error("there is no budget");
    await expect(restoration.restore(metered, monitor.store)).rejects.toThrow("away");
    expect(metered.young).not.toBeNull();
    expect(monitor.isHeld).toBe(false);
    monitor.call(callOf({ costUsd: 2 }));
    monitor.isAway = false;
    await restoration.restore(metered, monitor.store);
    expect(metered.counted.current.spends.get("")?.usd).toBe(9);
  });

  test("is not asked for again while the question goes on that took too long", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const monitor = new BusyMonitor([budgetOf({ forecast: false, per: "day" })]);
      monitor.stored.push(callOf({ costUsd: 7 }));
      let asked = 0;
      let end: () => void = () => undefined;
      const slow = {
        usageList: async (query: UsageQuery) => {
          asked++;
          if (asked === 1)
            await new Promise<void>((resolve) => {
              end = resolve;
            });
          return await monitor.store.usageList(query);
        },
      };
      const turns = new EventLoopTurns();
      const restoration = new BudgetRestoration({ ...monitor, meter: monitor.meter, turns });
      const [metered] = monitor.meter.all;
      if (metered === undefined) throw new Error("there is no budget");
      const first = expect(restoration.restore(metered, slow)).rejects.toThrow("did not answer");
      for (let i = 0; asked === 0 && i < 100; i++) await rest();
      expect(asked).toBe(1);
      await vi.advanceTimersByTimeAsync(300_000);
      await first;
      expect(monitor.isHeld).toBe(false);

      const second = restoration.restore(metered, slow);
      for (let i = 0; i < 20; i++) await rest();
      expect(asked).toBe(1);
      end();
      await second;
      expect(asked).toBeGreaterThan(1);
      expect(metered.counted.current.spends.get("")?.usd).toBe(7);
    } finally {
      vi.useRealTimers();
    }
  });

  test("comes from the real sums of the database, in the days of the budget's zone [cost/C13]", async () => {
    await using store = await openStore("memory:", { now: () => noon });
    const times = [
      "2026-11-25T22:59:59Z",
      "2026-11-25T23:00:00Z",
      "2026-11-25T18:29:59Z",
      "2026-11-25T18:30:00Z",
      "2026-11-26T11:00:00Z",
    ];
    const llmUsage = times.map((at, i) => callOf({ tsMs: Date.parse(at), costUsd: 2 ** i }));
    await store.write({ producer: "test", epoch: 1, seq: 1, llmUsage });
    const budgets = [
      budgetOf({ name: "berlin", timezone: "Europe/Berlin" }),
      budgetOf({ name: "kolkata", timezone: "Asia/Kolkata" }),
      budgetOf({ name: "bots", per: "month", each: "channel", timezone: "Europe/Berlin" }),
    ];
    const keeper = new BudgetKeeper({
      budgets,
      clock,
      logger,
      turns: new EventLoopTurns(),
      store: () => store,
      gate: { close: async () => undefined, open: () => undefined },
    });
    await keeper.start();
    await vi.waitFor(() => expect(keeper.standings.states(9).every(({ isKnown }) => isKnown)).toBe(true), {
      timeout: 20_000,
    });
    const spent = keeper.standings.states(9).map(({ standings }) => standings[0]?.spentUsd);
    expect(spent).toEqual([2 + 16, 1 + 2 + 8 + 16, 31]);
    keeper.apply([...budgets.slice(0, 1), budgetOf({ name: "kolkata", usd: 3, timezone: "Asia/Kolkata" })]);
    expect(keeper.standings.states(9).map(({ isKnown }) => isKnown)).toEqual([true, false]);
    await vi.waitFor(() => expect(keeper.standings.states(9)[1]?.standings[0]?.spentUsd).toBe(27), {
      timeout: 20_000,
    });
    await store.write({
      producer: "test",
      epoch: 1,
      seq: 2,
      llmUsage: [callOf({ tsMs: noon, costUsd: 100 })],
    });
    keeper.costsChanged();
    await vi.waitFor(
      () =>
        expect(keeper.standings.states(9).map(({ standings }) => standings[0]?.spentUsd)).toEqual([118, 127]),
      { timeout: 20_000 },
    );
    await keeper.stop();
  });
});
