import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ZoneClock } from "../../page/frame/time-text.js";
import { ApiFailure } from "../../page/link/api.js";
import { costText, shareText, shortCostText, unpricedText } from "../../page/usage/cost-text.js";
import { csvOf } from "../../page/usage/csv.js";
import { totalOf, type UsageSum } from "../../page/usage/llm-usage.js";
import { daysBeforeMs } from "../../page/usage/local-days.js";
import {
  askByChannel,
  askToday,
  askUsage,
  groupings,
  measures,
  periods,
  questionFrom,
} from "../../page/usage/usage-question.js";

interface Call {
  readonly ms: number;
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokens: number;
  readonly cost: number | null;
  readonly isFailed: boolean;
}

const dayMs = 86_400_000;

/** Answers as the monitor does, from the single calls. */
class Answers {
  readonly asked: URLSearchParams[] = [];
  readonly #calls: readonly Call[];
  readonly #hasOffsets: boolean;

  constructor(calls: readonly Call[], hasOffsets = true) {
    this.#calls = calls;
    this.#hasOffsets = hasOffsets;
  }

  async ask(path: string): Promise<Readonly<Record<string, unknown>>> {
    const search = new URL(path, "http://monitor/").searchParams;
    this.asked.push(search);
    if (search.has("offset_min") && !this.#hasOffsets)
      throw new ApiFailure(400, "invalid_parameter", "offset_min: the single calls are deleted");
    const [from, to] = [Date.parse(search.get("from") ?? ""), Date.parse(search.get("to") ?? "")];
    const by = search.get("group_by") ?? "";
    const shift = Number(search.get("offset_min") ?? 0) * 60_000;
    const step = by === "day" ? dayMs : 3_600_000;
    const groups = new Map<string, Call[]>();
    for (const call of this.#calls) {
      if (call.ms < from || call.ms >= to) continue;
      const ts = Math.floor((call.ms + shift) / step) * step - shift;
      const key =
        by === "day" || by === "hour" ? new Date(ts).toISOString() : by === "" ? "" : call[by as "model"];
      groups.set(key, [...(groups.get(key) ?? []), call]);
    }
    const sum = (calls: readonly Call[], of: (call: Call) => number) =>
      calls.reduce((total, call) => total + of(call), 0);
    const usage = [...groups].map(([key, calls]) => {
      const priced = calls.filter(({ cost }) => cost !== null);
      return {
        channel: null,
        model: null,
        feature: null,
        ts: null,
        ...(by === "" ? {} : { [by === "day" || by === "hour" ? "ts" : by]: key }),
        calls: calls.length,
        errors: sum(calls, ({ isFailed }) => Number(isFailed)),
        tokens_in: sum(calls, ({ tokens }) => tokens),
        tokens_out: calls.length,
        cost_usd: priced.length === 0 ? null : sum(priced, ({ cost }) => cost ?? 0),
        cost_calls: priced.length,
        cost_tokens: sum(priced, ({ tokens }) => tokens + 1),
      };
    });
    const size: Record<string, (row: (typeof usage)[number]) => number> = {
      calls: ({ calls }) => calls,
      tokens: ({ tokens_in: tokens }) => tokens,
      cost_usd: ({ cost_usd: cost }) => cost ?? -1,
    };
    const order = size[search.get("order_by") ?? ""];
    if (order === undefined) usage.sort((a, b) => String(a.ts).localeCompare(String(b.ts)));
    else usage.sort((a, b) => order(b) - order(a));
    const top = Number(search.get("top") ?? 1_000);
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      usage: usage.slice(0, top),
      truncated: usage.length > top,
    };
  }
}

function placeOf(answers: Answers, zone: string, nowMs: number) {
  const clock = new ZoneClock(zone);
  const offsetMin = (ms: number) => clock.offsetMin(ms);
  return { api: answers, nowMs, offsetMin, signal: new AbortController().signal };
}

/** Costs are whole so that sums of them have no rounding. */
const callIn = (fromMs: number, toMs: number) =>
  fc.record({
    ms: fc.integer({ min: fromMs, max: toMs }),
    channel: fc.integer({ min: 0, max: 300 }).map((n) => `twitch/${n}`),
    model: fc.constantFrom("gpt-5", "local", "claude"),
    feature: fc.constantFrom("chat", "weather"),
    tokens: fc.nat({ max: 1_000 }),
    cost: fc.option(fc.nat({ max: 50 })),
    isFailed: fc.boolean(),
  });

describe("usage by group", () => {
  const nowMs = Date.parse("2026-11-02T15:17:00Z");

  test("comes to the same total in every grouping, order and period, also where not every group has a row [page/R7]", async () => {
    const calls = fc.array(callIn(nowMs - 32 * dayMs, nowMs - 1), { maxLength: 600, minLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        calls,
        fc.constantFrom(...(Object.keys(periods) as (keyof typeof periods)[])),
        fc.constantFrom(...measures),
        fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"),
        async (all, period, measure, zone) => {
          const totals: UsageSum[] = [];
          for (const by of groupings) {
            const answer = await askUsage({ by, period, measure }, placeOf(new Answers(all), zone, nowMs));
            const rows = answer.rest === null ? answer.rows : [...answer.rows, answer.rest];
            expect(totalOf(rows)).toEqual(answer.total);
            totals.push(answer.total);
            // A cost is whole only where that of each call is known.
            for (const row of [...rows, answer.total]) {
              if (row.pricedCalls === 0 && row.calls > 0) expect(costText(row)).toBe("?");
              else if ((row.costTokens ?? 0) < 0.79 * ((row.tokensIn ?? 0) + (row.tokensOut ?? 0)))
                expect(costText(row)).toMatch(/^at least \$/);
              expect(unpricedText(row) === null).toBe(row.pricedCalls === row.calls);
            }
            if (answer.rows.length > 100) expect(by).toBe("hour");
          }
          for (const total of totals) expect(total).toEqual(totals[0]);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("names the largest hundred, and all others in one sum [page/R7]", async () => {
    const calls = Array.from({ length: 250 }, (_, i) => ({
      ms: nowMs - 1_000,
      channel: `twitch/${i % 130}`,
      model: "gpt-5",
      feature: "chat",
      tokens: i,
      cost: i % 130 === 3 ? null : 1,
      isFailed: false,
    }));
    const answers = new Answers(calls);
    const answer = await askUsage(
      { by: "channel", period: "24h", measure: "cost" },
      placeOf(answers, "UTC", nowMs),
    );
    expect(answers.asked).toHaveLength(2);
    expect(answer.rows).toHaveLength(100);
    expect(answer.total).toMatchObject({ calls: 250, costUsd: 248, pricedCalls: 248 });
    expect(answer.rest).toMatchObject({ calls: 50, costUsd: 48, pricedCalls: 48 });
  });

  test("has each day of the zone once, with the sum of its single calls, over both changes of the clock [page/R7]", async () => {
    for (const [zone, noon] of [
      ["Europe/Berlin", "2026-03-31T11:17:00Z"],
      ["Europe/Berlin", "2026-10-27T11:17:00Z"],
      ["America/New_York", "2026-11-03T11:17:00Z"],
      ["Asia/Kolkata", "2026-10-27T11:17:00Z"],
      ["Asia/Kathmandu", "2026-10-27T11:17:00Z"],
      ["UTC", "2026-10-27T11:17:00Z"],
    ] as const) {
      const now = Date.parse(noon);
      await fc.assert(
        fc.asyncProperty(fc.array(callIn(now - 9 * dayMs, now - 1), { maxLength: 300 }), async (calls) => {
          const place = placeOf(new Answers(calls), zone, now);
          const { rows, isUtc } = await askUsage({ by: "day", period: "7d", measure: "cost" }, place);
          const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
          const found = rows.map((row) => [format.format(row.tsMs ?? 0), row.calls, row.costUsd ?? 0]);
          const expected = new Map<string, [string, number, number]>();
          const fromMs = daysBeforeMs(now, 7, place.offsetMin);
          for (const { ms, cost } of calls.filter((call) => call.ms >= fromMs)) {
            const day = format.format(ms);
            const [, count, sum] = expected.get(day) ?? [day, 0, 0];
            expected.set(day, [day, count + 1, sum + (cost ?? 0)]);
          }
          expect(found).toEqual([...expected.values()].sort(([a], [b]) => b.localeCompare(a)));
          expect(isUtc).toBe(false);
        }),
        { numRuns: 10 },
      );
    }
  });

  test("of today stands beside that of yesterday up to the same time after midnight, also where the clocks changed [page/R7]", async () => {
    // On the 25th of October 2026 at 3:00 Berlin's clocks go back to 2:00.
    const now = Date.parse("2026-10-26T10:00:00+01:00");
    const call = { channel: "a", model: "m", feature: "f", tokens: 1, isFailed: false };
    const calls = [
      ["2026-10-26T09:59:59+01:00", 1],
      ["2026-10-26T00:00:00+01:00", 2],
      ["2026-10-25T23:59:59+01:00", 4],
      // Ten hours after midnight, of which one came twice.
      ["2026-10-25T08:59:59+01:00", 8],
      ["2026-10-25T09:30:00+01:00", 16],
      ["2026-10-25T00:00:00+02:00", 32],
      ["2026-10-24T23:59:59+02:00", 64],
    ].map(([at, cost]) => ({ ...call, ms: Date.parse(String(at)), cost: Number(cost) }));
    const { today, yesterday } = await askToday(placeOf(new Answers(calls), "Europe/Berlin", now));
    expect([today.costUsd, yesterday.costUsd]).toEqual([3, 40]);
    const byChannel = await askByChannel(placeOf(new Answers(calls), "Europe/Berlin", now));
    expect(byChannel.get("a")).toMatchObject({ calls: 3, costUsd: 1 + 2 + 4 });
    expect(shortCostText(byChannel.get("a"))).toBe("$7.00");
    expect(shortCostText(byChannel.get("b"))).toBe("");
  });

  test("says where it is of one host alone, and compares no day of all hosts with one of a single host", async () => {
    const answers = new Answers([]);
    let scopes: string[] = [];
    const api = { ask: async (path: string) => ({ ...(await answers.ask(path)), scope: scopes.shift() }) };
    const place = { ...placeOf(answers, "UTC", nowMs), api };
    for (const isLocal of [true, false]) {
      scopes = Array(2).fill(isLocal ? "local" : "fleet");
      expect((await askToday(place)).isLocal).toBe(isLocal);
    }
    scopes = ["fleet", "local"];
    await expect(askToday(place)).rejects.toThrow();
    scopes = ["local", "local"];
    expect((await askUsage({ by: "model", period: "24h", measure: "cost" }, place)).isLocal).toBe(true);
  });

  test("has days of UTC, and says so, where the monitor cannot tell those of the zone [page/R7]", async () => {
    const call = { channel: "a", model: "m", feature: "f", tokens: 1, cost: 1, isFailed: false };
    const calls = [1, 20, 30].map((hours) => ({ ...call, ms: nowMs - hours * 3_600_000 }));
    const place = placeOf(new Answers(calls, false), "Asia/Kolkata", nowMs);
    const answer = await askUsage({ by: "day", period: "7d", measure: "cost" }, place);
    expect(answer.isUtc).toBe(true);
    expect(answer.rows.map(({ tsMs, calls: count }) => [new Date(tsMs ?? 0).toISOString(), count])).toEqual([
      ["2026-11-02T00:00:00.000Z", 1],
      ["2026-11-01T00:00:00.000Z", 2],
    ]);
    const failing = {
      ...place,
      api: { ask: () => Promise.reject(new ApiFailure(503, "store_unavailable", "no store")) },
    };
    await expect(askUsage({ by: "day", period: "7d", measure: "cost" }, failing)).rejects.toThrow("no store");
  });

  test("is asked for by what the URL says, and by the default where it says what nobody knows [page/R9]", () => {
    const route = { by: "", range: "", sort: "" };
    const standard = { by: "model", period: "24h", measure: "cost" };
    expect(questionFrom(route)).toEqual(standard);
    expect(questionFrom({ by: "constructor", range: "toString", sort: "heard" })).toEqual(standard);
    expect(questionFrom({ by: "day", range: "30d", sort: "calls" })).toEqual({
      by: "day",
      period: "30d",
      measure: "calls",
    });
  });

  test("is a table of plain cells as CSV, in which no name is a formula [page/R28]", () => {
    const hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", 'say "hi", or\nnot', "plain", "a=b"];
    expect(csvOf([["model", "cost_usd"], ...hostile.map((name) => [name, -0.5]), ["none", null]])).toBe(
      [
        '"model","cost_usd"',
        `"'=1+1",-0.5`,
        `"'+1",-0.5`,
        `"'-1",-0.5`,
        `"'@SUM(A1)",-0.5`,
        `"'\tx",-0.5`,
        `"'\rx",-0.5`,
        '"say ""hi"", or\nnot",-0.5',
        '"plain",-0.5',
        '"a=b",-0.5',
        '"none",',
        "",
      ].join("\r\n"),
    );
  });

  test("says shares that are true: something is not 0 %, and less than all is not 100 % [page/R7]", () => {
    expect([1, 5, 500, 996, 1_000].map((part) => shareText(part, 1_000))).toEqual([
      "< 1 %",
      "< 1 %",
      "50 %",
      "> 99 %",
      "100 %",
    ]);
    expect(shareText(0, 10)).toBe("0 %");
    expect([shareText(null, 10), shareText(1, null), shareText(0, 0)]).toEqual([null, null, null]);
  });
});
