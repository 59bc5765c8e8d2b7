import type { LlmUsage } from "@kissbot/store";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Budget, isCounted } from "../../src/cost/budget.js";
import { type BudgetMeter, keyOf } from "../../src/cost/budget-meter.js";
import { BudgetStandings } from "../../src/cost/budget-standings.js";
import { LocalCalendar } from "../../src/cost/local-calendar.js";
import { budgetOf, callOf, meterOf, report } from "./plain-budget.js";

const noon = Date.UTC(2026, 10, 26, 12);
const hour = 3_600_000;
const day = 24 * hour;

/** A clock that is set by hand. */
function clockAt(ms: number) {
  const clock = { ms, wallMs: () => clock.ms };
  return clock;
}

function spentOf(meter: BudgetMeter, key = "", place = 0): number {
  return meter.all[place]?.counted.current.spends.get(key)?.usd ?? 0;
}

describe("a budget", () => {
  test("counts a call in the period that it belongs to, however late it is reported [cost/C11]", () => {
    const clock = clockAt(Date.UTC(2026, 10, 26, 23, 59));
    const meter = meterOf([budgetOf()], clock);
    report(meter, callOf({ tsMs: clock.ms }));
    clock.ms += 2 * 60_000;
    meter.advance();
    report(
      meter,
      callOf({ tsMs: clock.ms - 3 * 60_000, costUsd: 4 }),
      callOf({ tsMs: clock.ms, costUsd: 2 }),
    );
    report(meter, callOf({ tsMs: clock.ms - 3 * day, costUsd: 100 }));
    const [current, previous] = meter.all[0]?.counted.periods ?? [];
    expect(current?.spends.get("")?.usd).toBe(2);
    expect(previous?.spends.get("")?.usd).toBe(5);
  });

  test("counts a call that is a moment ahead in the next period, before that begins [cost/C11]", () => {
    const clock = clockAt(Date.UTC(2026, 10, 26, 23, 59));
    const meter = meterOf([budgetOf()], clock);
    report(meter, callOf({ tsMs: clock.ms + 2 * 60_000, costUsd: 3 }));
    expect(spentOf(meter)).toBe(0);
    clock.ms += 2 * 60_000;
    meter.advance();
    expect(spentOf(meter)).toBe(3);
  });

  test("is spent by ten calls of a tenth, although ten tenths are not one in binary [cost/C11]", () => {
    const clock = clockAt(noon);
    const meter = meterOf([budgetOf({ usd: 1 })], clock);
    for (let i = 0; i < 10; i++) report(meter, callOf({ costUsd: 0.1 }));
    expect(spentOf(meter)).toBeLessThan(1);
    expect(meter.all[0]?.counted.current.spends.get("")?.step).toBe(2);
  });

  test("knows the share of the tokens whose cost is known [cost/C12]", () => {
    const clock = clockAt(noon);
    const meter = meterOf([budgetOf()], clock);
    report(meter, callOf(), callOf({ costUsd: null, tokensIn: 250, tokensOut: 50 }), callOf({ costUsd: 0 }));
    const [state] = new BudgetStandings(meter, clock).states(10);
    expect(state?.standings[0]).toMatchObject({ spentUsd: 1, tokens: 500, coverage: 0.4, isAtLeast: true });
  });

  test("of each bot keeps as many names as it may, lets go of those that cost nothing, and stays exact for the others", () => {
    const clock = clockAt(noon);
    const meter = meterOf([budgetOf({ each: "channel" }), budgetOf()], clock, 100);
    for (let i = 0; i < 1_000; i++) report(meter, callOf({ channel: `free-${i}`, costUsd: null }));
    for (let i = 0; i < 60; i++) report(meter, callOf({ channel: `bot-${i}` }));
    for (let i = 0; i < 60; i++) report(meter, callOf({ channel: `bot-${i}`, costUsd: 2 }));
    for (let i = 0; i < 60; i++) expect(spentOf(meter, `bot-${i}`)).toBe(3);
    for (let i = 0; i < 1_000; i++) report(meter, callOf({ channel: `dear-${i}` }));
    expect(meter.all[0]?.counted.current.spends.size).toBe(100);
    expect(spentOf(meter, "", 1)).toBe(60 * 3 + 1_000);
  });

  test("keeps its sums when others are set beside it, and is young again where its own terms change", () => {
    const clock = clockAt(noon);
    const meter = meterOf([budgetOf(), budgetOf({ name: "b" })], clock);
    report(meter, callOf({ costUsd: 3 }));
    meter.apply([budgetOf({ name: "c" }), budgetOf(), budgetOf({ name: "b", usd: 20 })]);
    expect(meter.all.map(({ young }) => young === null)).toEqual([false, true, false]);
    expect(spentOf(meter, "", 1)).toBe(3);
    report(meter, callOf({ costUsd: 1 }));
    expect(spentOf(meter, "", 1)).toBe(4);
    expect(() => meter.apply([budgetOf({ timezone: "Mars/Base" })])).toThrow(RangeError);
    expect(meter.all).toHaveLength(3);
  });

  test("is young again where the clock was set to a time of which nothing is known", () => {
    const clock = clockAt(noon);
    const meter = meterOf([budgetOf()], clock);
    report(meter, callOf());
    clock.ms += 40 * day;
    meter.advance();
    expect(meter.all[0]?.young).not.toBeNull();
  });
});

describe("the forecast", () => {
  const month = budgetOf({ per: "month", usd: 100, forecast: true });

  /** $3 on each of the days before, and $5 today. */
  function spending(at: number) {
    const clock = clockAt(at - 12 * day);
    const meter = meterOf([month], clock);
    for (; clock.ms < at; clock.ms += day) {
      meter.advance();
      report(meter, callOf({ tsMs: clock.ms, costUsd: 3 }));
    }
    clock.ms = at;
    meter.advance();
    report(meter, callOf({ tsMs: at, costUsd: 5 }));
    return { clock, meter, standings: new BudgetStandings(meter, clock) };
  }

  test("is what was spent, and for each day left the mean of the last seven days [cost/C11]", () => {
    const { standings } = spending(Date.UTC(2026, 10, 16));
    const [standing] = standings.states(1)[0]?.standings ?? [];
    // 3 to 15 November, as twelve days were counted; 15 days are left.
    expect(standing?.spentUsd).toBe(12 * 3 + 5);
    expect(standing?.forecastUsd).toBeCloseTo(12 * 3 + 5 + 15 * 3, 9);
  });

  test("is not made before a fifth of the period is over [cost/C11]", () => {
    const at = (ms: number) => spending(ms).standings.states(1)[0]?.standings[0]?.forecastUsd;
    expect(at(Date.UTC(2026, 10, 6, 23, 59))).toBeNull();
    expect(at(Date.UTC(2026, 10, 7))).toEqual(expect.any(Number));
  });

  test("passes the budget only while that is not spent [cost/C11]", () => {
    const { clock, meter, standings } = spending(Date.UTC(2026, 10, 16));
    expect(standings.expected()).toEqual([]);
    report(meter, callOf({ tsMs: clock.ms, costUsd: 20 }));
    clock.ms += 61_000;
    expect(standings.expected()).toMatchObject([{ spentUsd: 61, budget: month }]);
    report(meter, callOf({ tsMs: clock.ms, costUsd: 40 }));
    clock.ms += 61_000;
    expect(standings.expected()).toEqual([]);
  });

  test("of sums that were read anew takes the place of the one before [cost/C11]", () => {
    const { clock, meter, standings } = spending(Date.UTC(2026, 10, 16));
    report(meter, callOf({ tsMs: clock.ms, costUsd: 20 }));
    expect(standings.expected()).toMatchObject([{ spentUsd: 61 }]);
    meter.forgetSums();
    for (const metered of meter.all) metered.young = null;
    report(meter, callOf({ tsMs: clock.ms, costUsd: 90 }));
    expect(standings.expected()).toEqual([]);
    clock.ms += 61_000;
    expect(standings.expected()).toEqual([]);
    report(meter, callOf({ tsMs: clock.ms - 2 * day, costUsd: 5 }));
    clock.ms += 61_000;
    expect(standings.expected()).toMatchObject([{ spentUsd: 95 }]);
  });
});

/** The same added up from all calls, without any cleverness. */
function naive(calls: readonly LlmUsage[], budget: Budget, fromMs: number, toMs: number) {
  const sums = new Map<string, { usd: number; tokens: number; known: number; calls: number }>();
  for (const call of calls) {
    if (call.tsMs < fromMs || call.tsMs >= toMs || !isCounted(budget, call)) continue;
    const key = keyOf(budget, call);
    const sum = sums.get(key) ?? { usd: 0, tokens: 0, known: 0, calls: 0 };
    const tokens = call.tokensIn + call.tokensOut;
    sums.set(key, {
      usd: sum.usd + (call.costUsd ?? 0),
      tokens: sum.tokens + tokens,
      known: sum.known + (call.costUsd === null ? 0 : tokens),
      calls: sum.calls + 1,
    });
  }
  return sums;
}

test("any budgets and calls over weeks, late and early ones: every sum of this period and the one before equals the naive one [cost/C11] [cost/C13]", () => {
  const name = (letters: string) => fc.constantFrom(...letters);
  const patterns = fc.option(fc.constantFrom(["a"], ["a", "b"], ["*"], ["c*"]), { nil: null });
  const budget = fc.record({
    name: fc.constant("x"),
    usd: fc.constantFrom(1, 10, 100),
    per: fc.constantFrom("day", "week", "month"),
    timezone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Santiago"),
    each: fc.constantFrom(null, "channel", "model", "feature"),
    channel: patterns,
    model: patterns,
    feature: patterns,
    steps: fc.constant([50, 80, 100]),
    forecast: fc.boolean(),
  }) as fc.Arbitrary<Budget>;
  const event = fc.record({
    laterMs: fc.integer({ min: 0, max: 2 * day }),
    agoMs: fc.oneof(fc.integer({ min: -300_000, max: hour }), fc.integer({ min: 0, max: 7 * day })),
    channel: name("abc"),
    model: name("abc"),
    feature: name("ab"),
    costUsd: fc.option(fc.double({ min: 0, max: 5, noNaN: true }), { nil: null }),
    tokensIn: fc.nat(1_000),
  });
  const startMs = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) });
  fc.assert(
    fc.property(
      startMs,
      fc.array(budget, { minLength: 1, maxLength: 3 }),
      fc.array(event, { maxLength: 60 }),
      (start, budgets, events) => {
        const clock = clockAt(start);
        const meter = meterOf(budgets, clock);
        const calls: LlmUsage[] = [];
        for (const { laterMs, agoMs, ...rest } of events) {
          // A running monitor looks at its clock every second, and so in every period.
          for (const until = clock.ms + laterMs; clock.ms < until; ) {
            clock.ms = Math.min(until, clock.ms + 6 * hour);
            meter.advance();
          }
          // What is older than the meter's start would have been restored.
          const call = callOf({ ...rest, tsMs: Math.max(start, clock.ms - agoMs) });
          calls.push(call);
          report(meter, call);
        }
        for (const { budget, counted } of meter.all) {
          const calendar = new LocalCalendar(budget.timezone);
          const now = calendar.periodAt(clock.ms, budget.per);
          const before = calendar.periodAt(now.fromMs - 1, budget.per);
          for (const period of [now, before]) {
            const found = counted.periods.find((one) => one.period.fromMs === period.fromMs);
            const wanted = naive(calls, budget, period.fromMs, period.toMs);
            expect([...(found?.spends.keys() ?? [])].sort()).toEqual([...wanted.keys()].sort());
            for (const [key, { usd, tokens, known, calls: count }] of wanted) {
              const spend = found?.spends.get(key);
              expect(spend?.usd).toBeCloseTo(usd, 9);
              expect([spend?.tokens, spend?.knownTokens, spend?.calls]).toEqual([tokens, known, count]);
              const passed = [50, 80, 100].filter((step) => usd >= (budget.usd * step) / 100 - 1e-9).length;
              expect(spend?.step).toBe(passed - 1);
            }
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});
