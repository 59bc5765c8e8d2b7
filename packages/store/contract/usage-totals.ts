import assert from "node:assert/strict";
import { usageMeasures } from "../src/usage-measure.js";
import type { UsageQuery } from "../src/usage-totals.js";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, samplePrice, sampleUsage } from "./sample.js";

const hour = 3_600_000;
const period = { fromMs: startMs - 24 * hour, toMs: startMs + 24 * hour };

export const usageTotalsCases = [
  contractCase("usage totals: without groups one total, of nothing too", async (store) => {
    const nothing = {
      channel: null,
      model: null,
      feature: null,
      tsMs: null,
      calls: 0,
      errorRate: null,
      latencyMsP50: null,
      latencyMsP95: null,
      latencyMsP99: null,
      latencyPercentileCalls: 0,
      ...Object.fromEntries(
        usageMeasures.flatMap(({ name, calls }) =>
          calls === null
            ? [[name, 0]]
            : [
                [name, null],
                [calls.name, 0],
              ],
        ),
      ),
      costToldUsd: null,
      costTokens: 0,
      costCoverage: null,
    };
    assert.deepEqual(await store.usageTotals(period), [nothing]);
    assert.deepEqual(await store.usageTotals({ ...period, groupBy: ["channel"] }), []);
  }),

  contractCase("usage totals: what is unknown is null and never counted as 0", async (store) => {
    const rows = [
      sampleUsage({ latencyMs: 100, costUsd: 0.5, provider: "p", tokensCached: 40, tokensCacheWrite: 7 }),
      sampleUsage({ latencyMs: 0, costUsd: 0, tokensCacheWrite: 0 }),
      sampleUsage({ latencyMs: null, provider: null, error: "timeout" }),
      sampleUsage({ model: "model-b" }),
    ];
    await store.write(batches()({ llmUsage: rows }));
    const [a, b] = await store.usageTotals({ ...period, groupBy: ["model"] });
    assert.deepEqual([a?.calls, a?.tokensIn, a?.tokensOut], [3, 300, 60]);
    assert.deepEqual([a?.latencyMsAvg, a?.latencyCalls], [50, 2]);
    assert.deepEqual([a?.errors, b?.errors], [1, 0]);
    assert.deepEqual([a?.errorRate, b?.errorRate], [1 / 3, 0]);
    assert.deepEqual([a?.latencyMsP50, a?.latencyPercentileCalls], [0, 2]);
    assert.deepEqual([b?.latencyMsP50, b?.latencyMsP99, b?.latencyPercentileCalls], [null, null, 0]);
    assert.deepEqual([a?.costUsd, a?.costCalls], [0.5, 2]);
    assert.deepEqual([a?.tokensCached, a?.cachedCalls], [40, 1]);
    assert.deepEqual([a?.tokensCacheWrite, a?.cacheWriteCalls], [7, 2]);
    assert.deepEqual([b?.tokensCacheWrite, b?.cacheWriteCalls], [null, 0]);
    assert.deepEqual([b?.latencyMsAvg, b?.costUsd, b?.tokensCached, b?.costCalls], [null, null, null, 0]);
  }),

  contractCase("usage totals: without percentiles the rest is the same", async (store) => {
    const rows = [sampleUsage({ latencyMs: 100 }), sampleUsage({ latencyMs: 900, tsMs: startMs - 5 * hour })];
    await store.write(batches()({ llmUsage: rows }));
    const none = { latencyMsP50: null, latencyMsP95: null, latencyMsP99: null, latencyPercentileCalls: 0 };
    for (const groupBy of [[], ["model"], ["hour"]] as const) {
      const whole = await store.usageTotals({ ...period, groupBy, percentiles: true });
      assert.deepEqual(await store.usageTotals({ ...period, groupBy }), whole);
      assert.ok(whole.every(({ latencyMsP95 }) => latencyMsP95 !== null));
      const without = whole.map((total) => ({ ...total, ...none }));
      assert.deepEqual(await store.usageTotals({ ...period, groupBy, percentiles: false }), without);
    }
  }),

  contractCase(
    "usage totals: of how many tokens the cost is known, and what of it bots told, in every grouping and period [cost/C7]",
    async (store) => {
      const rows = [
        sampleUsage({ tokensIn: 60, tokensOut: 40, costUsd: 0.5 }),
        sampleUsage({ tokensIn: 100, tokensOut: 0, costUsd: 0.25, priceId: 7, tsMs: startMs + 60_000 }),
        sampleUsage({ tokensIn: 150, tokensOut: 50, tsMs: startMs + 2 * hour }),
        sampleUsage({ model: "model-b", tokensIn: 0, tokensOut: 9, costUsd: 0, priceId: 8 }),
        sampleUsage({ model: "model-c", feature: "title", tokensIn: 7, tokensOut: 0 }),
        sampleUsage({ model: "model-d", feature: "title", tokensIn: 0, tokensOut: 0, costUsd: 1 }),
        sampleUsage({ model: "model-e", feature: "title", tokensIn: 0, tokensOut: 0, error: "timeout" }),
      ];
      const prices = [samplePrice(), samplePrice({ priceId: 8 })];
      await store.write(batches()({ llmUsage: rows, prices }));
      const costs = async (query: Partial<UsageQuery>) =>
        (await store.usageTotals({ ...period, ...query })).map(
          ({ costUsd, costToldUsd, costTokens, costCoverage }) => [
            costUsd,
            costToldUsd,
            costTokens,
            costCoverage,
          ],
        );
      for (const when of ["before", "after"]) {
        assert.deepEqual(await costs({}), [[1.75, 1.5, 209, 209 / 416]], `${when} it is rolled up`);
        assert.deepEqual(await costs({ groupBy: ["model"] }), [
          [0.75, 0.5, 200, 0.5],
          [0, 0, 9, 1],
          [null, null, 0, 0],
          [1, 1, 0, null],
          [null, null, 0, null],
        ]);
        assert.deepEqual(await costs({ groupBy: ["hour"], model: "model-a" }), [
          [0.75, 0.5, 200, 1],
          [null, null, 0, 0],
        ]);
        assert.deepEqual(await costs({ fromMs: startMs + 1, model: "model-a", groupBy: ["feature"] }), [
          [0.25, 0, 100, 1 / 3],
        ]);
        assert.deepEqual(await costs({ groupBy: ["channel", "day"], feature: "title" }), [[1, 1, 0, 0]]);
        await store.maintain();
      }
    },
  ),

  contractCase("usage totals: a price stands once, as its first batch told it", async (store) => {
    const next = batches();
    const other = samplePrice({ priceId: 2 ** 48 - 1, provider: null, firstUsedMs: startMs - 5 });
    await store.write(next({ prices: [samplePrice()] }));
    await store.write(next({ prices: [samplePrice({ firstUsedMs: startMs - 9 }), other] }));
    assert.deepEqual(await store.prices(), [other, samplePrice()]);
  }),

  contractCase(
    "usage totals: grouped by channel, model, feature, hour and day, in any combination",
    async (store) => {
      const rows = [
        sampleUsage({ channel: "a", tsMs: startMs }),
        sampleUsage({ channel: "a", tsMs: startMs + hour - 1, feature: "title" }),
        sampleUsage({ channel: "b", tsMs: startMs + hour }),
        sampleUsage({ channel: "b", tsMs: startMs + 13 * hour, model: "model-b" }),
      ];
      await store.write(batches()({ llmUsage: rows }));
      const keys = async (groupBy: readonly ("channel" | "model" | "feature" | "hour" | "day")[]) =>
        (await store.usageTotals({ ...period, groupBy })).map(({ channel, model, feature, tsMs, calls }) => [
          ...[channel, model, feature].filter((name) => name !== null),
          ...(tsMs === null ? [] : [(tsMs - startMs) / hour]),
          calls,
        ]);
      assert.deepEqual(await keys(["channel"]), [
        ["a", 2],
        ["b", 2],
      ]);
      assert.deepEqual(await keys(["model"]), [
        ["model-a", 3],
        ["model-b", 1],
      ]);
      assert.deepEqual(await keys(["feature"]), [
        ["chat", 3],
        ["title", 1],
      ]);
      assert.deepEqual(await keys(["hour"]), [
        [0, 2],
        [1, 1],
        [13, 1],
      ]);
      assert.deepEqual(await keys(["day"]), [
        [-12, 3],
        [12, 1],
      ]);
      assert.deepEqual(await keys(["day", "channel"]), [
        ["a", -12, 2],
        ["b", -12, 1],
        ["b", 12, 1],
      ]);
      assert.deepEqual(await keys(["feature", "model", "channel", "channel"]), [
        ["a", "model-a", "chat", 1],
        ["a", "model-a", "title", 1],
        ["b", "model-a", "chat", 1],
        ["b", "model-b", "chat", 1],
      ]);
    },
  ),

  contractCase(
    "usage totals: percentiles are within 5 % of those of the calls, in any group and period [cost/C15]",
    async (store) => {
      let seed = 1;
      const random = () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      const rows = Array.from({ length: 3_000 }, (_, i) =>
        sampleUsage({
          channel: `c${i % 3}`,
          feature: i % 7 === 0 ? "title" : "chat",
          tsMs: startMs - Math.floor(random() * 30 * hour),
          // From microseconds to days, and some that took no time at all.
          latencyMs: i % 50 === 0 ? 0 : i % 11 === 0 ? null : 10 ** (random() * 11 - 3),
        }),
      );
      const write = batches();
      for (let i = 0; i < rows.length; i += 500) {
        await store.write(write({ llmUsage: rows.slice(i, i + 500) }));
        if (i === 1_000) await store.maintain();
      }
      for (const when of ["before", "after"]) {
        for (const [fromMs, toMs] of [
          [startMs - 31 * hour, startMs + hour],
          [startMs - 20 * hour - 1_234, startMs - 5 * hour + 77],
          [startMs - 100, startMs],
        ] as const) {
          for (const groupBy of [[], ["channel"], ["feature", "hour"]] as const) {
            for (const total of await store.usageTotals({ fromMs, toMs, groupBy })) {
              const { channel, feature, tsMs } = total;
              const latencies = rows
                .filter((row) => row.tsMs >= fromMs && row.tsMs < toMs)
                .filter((row) => (channel ?? row.channel) === row.channel)
                .filter((row) => (feature ?? row.feature) === row.feature)
                .filter((row) => tsMs === null || (row.tsMs >= tsMs && row.tsMs < tsMs + hour))
                .flatMap(({ latencyMs }) => latencyMs ?? [])
                .sort((a, b) => a - b);
              assert.equal(total.latencyPercentileCalls, latencies.length, `${when} rows are rolled up`);
              for (const [percent, found] of [
                [50, total.latencyMsP50],
                [95, total.latencyMsP95],
                [99, total.latencyMsP99],
              ] as const) {
                const exact = latencies[Math.ceil((percent * latencies.length) / 100) - 1] ?? null;
                if (exact === null || found === null) assert.equal(found, exact);
                else
                  assert.ok(Math.abs(found - exact) <= 0.05 * exact, `p${percent}: ${found}, not ${exact}`);
              }
            }
          }
        }
        await store.maintain();
      }
    },
  ),

  contractCase("usage totals: days begin at the midnight of the offset [page/R7]", async (store) => {
    const minute = 60_000;
    const rows = Array.from({ length: 3 * 96 }, (_, i) =>
      sampleUsage({ channel: `c${i % 3}`, tsMs: startMs - 36 * hour + i * 15 * minute, tokensIn: i }),
    );
    // One millisecond before and after a midnight of each offset.
    for (const offset of [345, 330, 0, -210, 840, -840]) {
      const midnight = startMs - 12 * hour - offset * minute;
      rows.push(...[-1, 0].map((ms) => sampleUsage({ channel: "edge", tsMs: midnight + ms })));
    }
    await store.write(batches()({ llmUsage: rows }));
    const periods = [
      { fromMs: startMs - 40 * hour, toMs: startMs + 40 * hour },
      { fromMs: startMs - 17 * hour - 25 * minute, toMs: startMs + 11 * hour + 31 * minute + 1 },
      { fromMs: startMs - 18 * hour - 31 * minute, toMs: startMs - 17 * hour - 29 * minute },
    ];
    for (const when of ["before", "after"]) {
      for (const { fromMs, toMs } of periods) {
        for (const offsetMinutes of [0, 60, 120, 330, 345, -210, -15, 840, -840]) {
          const dayOf = (ms: number) =>
            Math.floor((ms + offsetMinutes * minute) / (24 * hour)) * 24 * hour - offsetMinutes * minute;
          const expected = new Map<number, readonly [number, number]>();
          for (const { tsMs, tokensIn } of rows) {
            if (tsMs < fromMs || tsMs >= toMs) continue;
            const [calls, tokens] = expected.get(dayOf(tsMs)) ?? [0, 0];
            expected.set(dayOf(tsMs), [calls + 1, tokens + tokensIn]);
          }
          const found = await store.usageTotals({ fromMs, toMs, groupBy: ["day"], offsetMinutes });
          assert.deepEqual(
            found.map(({ tsMs, calls, tokensIn }) => [tsMs, [calls, tokensIn]]),
            [...expected].sort(([a], [b]) => a - b),
            `${offsetMinutes} min, ${when} rows are rolled up`,
          );
        }
      }
      await store.maintain();
    }
  }),

  contractCase(
    "usage totals: local days over a change of the clock equal a sum over the calls [page/R7]",
    async (store) => {
      for (const [change, before, after] of [
        ["2026-03-29T01:00:00Z", 60, 120],
        ["2026-10-25T01:00:00Z", 120, 60],
      ] as const) {
        const changeMs = Date.parse(change);
        const channel = change;
        const rows = Array.from({ length: 4 * 72 }, (_, i) =>
          sampleUsage({ channel, tsMs: changeMs - 36 * hour + i * 15 * 60_000, tokensIn: i }),
        );
        await store.write(batches(change)({ llmUsage: rows }));
        const day = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Berlin" });
        const expected: Record<string, number> = {};
        for (const { tsMs } of rows) {
          const name = day.format(tsMs);
          expected[name] = (expected[name] ?? 0) + 1;
        }
        // Each side of the change has one offset; its halves of the day have the same date.
        const found: Record<string, number> = {};
        const halves = [
          { fromMs: changeMs - 48 * hour, toMs: changeMs, offsetMinutes: before },
          { fromMs: changeMs, toMs: changeMs + 48 * hour, offsetMinutes: after },
        ];
        for (const half of halves) {
          for (const { tsMs, calls } of await store.usageTotals({ ...half, channel, groupBy: ["day"] })) {
            const name = new Date((tsMs ?? 0) + half.offsetMinutes * 60_000).toISOString().slice(0, 10);
            found[name] = (found[name] ?? 0) + calls;
          }
        }
        assert.deepEqual(found, expected);
      }
    },
  ),

  contractCase("usage totals: a period is exact to the millisecond, whole hours or not", async (store) => {
    const rows = [-1, 0, 1, hour - 1, hour, 2 * hour, 3 * hour + 5].map((ms) =>
      sampleUsage({ tsMs: startMs + ms }),
    );
    await store.write(batches()({ llmUsage: rows }));
    const calls = async (from: number, to: number) => {
      const [total] = await store.usageTotals({ fromMs: startMs + from, toMs: startMs + to });
      return total?.calls;
    };
    for (const when of ["before", "after"]) {
      assert.equal(await calls(0, hour), 3, `${when} rows are rolled up`);
      assert.equal(await calls(1, hour), 2);
      assert.equal(await calls(0, hour + 1), 4);
      assert.equal(await calls(-1, 3 * hour + 5), 6);
      assert.equal(await calls(-1, 3 * hour + 6), 7);
      assert.equal(await calls(5, 6), 0);
      await store.maintain();
    }
  }),

  contractCase(
    "usage totals: the period that is answered is known beforehand [server/F19]",
    async (store) => {
      const asked = { fromMs: startMs + 5, toMs: startMs + hour + 7 };
      assert.deepEqual(store.usagePeriod(asked), asked);
      assert.throws(() => store.usagePeriod({ fromMs: 5, toMs: 4 }), { code: "invalid_query" });
    },
  ),

  contractCase("usage totals: past the range of a number a sum is the largest one", async (store) => {
    const next = batches();
    const huge = sampleUsage({ channel: "huge", costUsd: 1.7e308, latencyMs: 1.7e308 });
    await store.write(next({ llmUsage: [huge, huge, huge, sampleUsage({ channel: "one", costUsd: 5 })] }));
    for (const when of ["before", "after"]) {
      const [all] = await store.usageTotals(period);
      assert.deepEqual([all?.costUsd, all?.costCalls], [Number.MAX_VALUE, 4], `${when} it is rolled up`);
      const [total] = await store.usageTotals({ ...period, channel: "huge" });
      assert.equal(total?.costUsd, Number.MAX_VALUE);
      assert.ok(Number.isFinite(total?.latencyMsAvg ?? null), `${total?.latencyMsAvg}`);
      assert.equal((await store.usageTotals({ ...period, channel: "one" }))[0]?.costUsd, 5);
      await store.maintain();
    }
  }),

  contractCase("usage totals: filters, order and top N", async (store) => {
    const rows = [
      sampleUsage({ channel: "a", tokensIn: 10, costUsd: 3 }),
      sampleUsage({ channel: "b", tokensIn: 500, costUsd: 1 }),
      ...Array.from({ length: 3 }, () => sampleUsage({ channel: "c", tokensIn: 1, tokensOut: 0 })),
      sampleUsage({ channel: "d", model: "model-b", feature: "title" }),
    ];
    await store.write(batches()({ llmUsage: rows }));
    const names = async (query: Partial<Parameters<typeof store.usageTotals>[0]>) =>
      (await store.usageTotals({ ...period, groupBy: ["channel"], ...query })).map(({ channel }) => channel);
    assert.deepEqual(await names({}), ["b", "d", "a", "c"]);
    assert.deepEqual(await names({ orderBy: "calls", top: 2 }), ["c", "a"]);
    assert.deepEqual(await names({ orderBy: "costUsd" }), ["a", "b", "c", "d"]);
    assert.deepEqual(await names({ model: "model-b" }), ["d"]);
    assert.deepEqual(await names({ feature: "title" }), ["d"]);
    assert.deepEqual(await names({ channel: "b" }), ["b"]);
    assert.deepEqual(await names({ channel: "b", model: "model-b" }), []);
  }),

  contractCase(
    "usage totals: equal groups come in the order of their names, and are cut in it",
    async (store) => {
      // By UTF-16 units the robot comes before the full-width letter, by UTF-8 after it.
      const names = ["a", "a\u0000🤖", "a\u0000Ａ", "b", "Ä", "🤖", "Ａ"];
      const rows = [...names].reverse().map((feature) => sampleUsage({ feature, costUsd: 0.5 }));
      await store.write(batches()({ llmUsage: rows }));
      for (const orderBy of ["calls", "tokens", "costUsd"] as const) {
        for (let top = 1; top <= names.length; top++) {
          const totals = await store.usageTotals({ ...period, groupBy: ["feature"], orderBy, top });
          assert.deepEqual(
            totals.map(({ feature }) => feature),
            names.slice(0, top),
          );
        }
      }
      const hours = names.flatMap((feature, i) => [
        sampleUsage({ feature, tsMs: startMs - 3 * hour + i }),
        sampleUsage({ feature, tsMs: startMs - 2 * hour + i }),
      ]);
      await store.write(batches("later")({ llmUsage: hours }));
      const timed = await store.usageTotals({
        ...period,
        groupBy: ["feature", "hour"],
        top: names.length + 5,
      });
      assert.deepEqual(
        timed.map(({ feature }) => feature),
        [...names, ...names.slice(0, 5)],
      );
    },
  ),

  contractCase("usage totals: a list is the same, made as often as it is gone through", async (store) => {
    const rows = Array.from({ length: 200 }, (_, i) =>
      sampleUsage({ channel: `🤖 ${i % 3}`, feature: `ä${i}`, tsMs: startMs + i * 60_000, tokensIn: i }),
    );
    await store.write(batches()({ llmUsage: [...rows, sampleUsage({ channel: "z", costUsd: 2 })] }));
    for (const groupBy of [[], ["feature"], ["channel", "hour"], ["model"]] as const) {
      const query = { ...period, groupBy };
      const list = await store.usageList(query);
      const totals = await store.usageTotals(query);
      assert.equal(list.length, totals.length);
      assert.deepEqual([...list], totals);
      assert.deepEqual([...list], totals);
    }
  }),

  contractCase("usage totals: usage of a bot that never registered is stored all the same", async (store) => {
    await store.write(batches()({ llmUsage: [sampleUsage({ channel: "never seen" })] }));
    assert.deepEqual(await store.fleet(), []);
    assert.equal((await store.usageTotals({ ...period, groupBy: ["channel"] }))[0]?.channel, "never seen");
  }),

  contractCase("usage totals: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.usageTotals({ fromMs: 5, toMs: 4 }));
    await refuses("invalid_query", store.usageTotals({ ...period, groupBy: ["week" as never] }));
    await refuses("invalid_query", store.usageTotals({ ...period, groupBy: ["hour", "day"] }));
    await refuses("invalid_query", store.usageTotals({ ...period, orderBy: "time" }));
    const byDay = { ...period, groupBy: ["day"] } as const;
    for (const offsetMinutes of [7, 0.5, 855, -855, Number.NaN, "60" as never]) {
      await refuses("invalid_query", store.usageTotals({ ...byDay, offsetMinutes }));
    }
    await refuses("invalid_query", store.usageTotals({ ...period, offsetMinutes: 60 }));
    await refuses("invalid_query", store.usageTotals({ ...period, groupBy: ["hour"], offsetMinutes: 60 }));
    const decades = { fromMs: 0, toMs: startMs, groupBy: ["day"] } as const;
    await refuses("invalid_query", store.usageTotals({ ...decades, offsetMinutes: 330 }));
    assert.deepEqual(await store.usageTotals({ ...decades, offsetMinutes: 360 }), []);
    await refuses("invalid_query", store.usageTotals({ ...period, orderBy: "fun" as never }));
    await refuses("invalid_query", store.usageTotals({ ...period, top: 0 }));
  }),
];
