import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleMetric } from "./sample.js";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const gap = {
  samples: 0,
  rssMbAvg: null,
  rssMbMin: null,
  rssMbMax: null,
  cpuPctAvg: null,
  cpuPctMin: null,
  cpuPctMax: null,
};

export const metricSeriesCases = [
  contractCase("metric series: averages, extremes and gaps of each bucket", async (store) => {
    const at = (ms: number, rssMb: number, cpuPct: number) =>
      sampleMetric({ tsMs: startMs + ms, rssMb, cpuPct });
    await store.write(batches()({ botMetrics: [at(0, 100, 0), at(59_999, 300, 8), at(2 * minute, 50, 1)] }));
    const answer = await store.metricSeries({ fromMs: startMs, toMs: startMs + 4 * minute, points: 4 });
    assert.equal(answer.bucketMs, minute);
    assert.deepEqual(answer.series, [
      {
        channel: "twitch_main",
        points: [
          {
            tsMs: startMs,
            samples: 2,
            rssMbAvg: 200,
            rssMbMin: 100,
            rssMbMax: 300,
            cpuPctAvg: 4,
            cpuPctMin: 0,
            cpuPctMax: 8,
          },
          { tsMs: startMs + minute, ...gap },
          {
            tsMs: startMs + 2 * minute,
            samples: 1,
            rssMbAvg: 50,
            rssMbMin: 50,
            rssMbMax: 50,
            cpuPctAvg: 1,
            cpuPctMin: 1,
            cpuPctMax: 1,
          },
          { tsMs: startMs + 3 * minute, ...gap },
        ],
      },
    ]);
  }),

  contractCase("metric series: the source follows the range and the points asked", async (store) => {
    await store.write(batches()({ botMetrics: [sampleMetric({ tsMs: startMs - 1 })] }));
    const ask = async (rangeMs: number, points: number, channels: readonly string[] = ["twitch_main"]) => {
      const answer = await store.metricSeries({ fromMs: startMs - rangeMs, toMs: startMs, points, channels });
      const held = answer.series[0]?.points.reduce((sum, point) => sum + point.samples, 0);
      return [answer.resolution, answer.bucketMs / 1000, held];
    };
    assert.deepEqual(await ask(10 * minute, 60), ["raw", 10, 1]);
    assert.deepEqual(await ask(10 * minute, 10), ["minute", 60, 1]);
    assert.deepEqual(await ask(day, 10_000), ["minute", 60, 1]);
    assert.deepEqual(await ask(day, 24), ["hour", 3600, 1]);
    assert.deepEqual(await ask(30 * day, 10_000), ["hour", 3600, 1]);
    // In months of 31 days there would be a thirteenth, of which the period holds a part.
    assert.deepEqual(await ask(365 * day, 12), ["hour", 32 * 86400, 1]);
  }),

  contractCase(
    "metric series: where raw rows may be deleted already, rollups answer",
    async (store, { clock }) => {
      await store.write(batches()({ botMetrics: [sampleMetric()] }));
      clock.nowMs = startMs + 8 * day;
      await store.maintain();
      const answer = await store.metricSeries({ fromMs: startMs, toMs: startMs + 10 * minute, points: 600 });
      assert.equal(answer.resolution, "minute");
      assert.equal(answer.series[0]?.points[0]?.rssMbAvg, 100);
    },
  ),

  contractCase(
    "metric series: all bots that have a sample, sorted; those asked for, gaps or not",
    async (store) => {
      const channels = ["b", "a", "\u{1F916}", "ä"];
      await store.write(batches()({ botMetrics: channels.map((channel) => sampleMetric({ channel })) }));
      const period = { fromMs: startMs, toMs: startMs + minute, points: 1 };
      const all = await store.metricSeries(period);
      assert.deepEqual(
        all.series.map(({ channel }) => channel),
        ["a", "b", "ä", "\u{1F916}"],
      );
      const asked = await store.metricSeries({ ...period, channels: ["nobody", "b", "b"] });
      assert.deepEqual(
        asked.series.map(({ channel, points }) => [channel, points[0]?.samples]),
        [
          ["b", 1],
          ["nobody", 0],
        ],
      );
    },
  ),

  contractCase("fleet series: sums each bot's average, and counts the bots of a bucket", async (store) => {
    const of = (channel: string, ms: number, rssMb: number) =>
      sampleMetric({ channel, tsMs: startMs + ms, rssMb, cpuPct: rssMb / 100 });
    const rows = [of("a", 0, 100), of("a", 1_000, 300), of("b", 0, 50), of("b", minute, 70)];
    await store.write(batches()({ botMetrics: rows }));
    const answer = await store.fleetSeries({ fromMs: startMs, toMs: startMs + 3 * minute, points: 3 });
    assert.deepEqual(answer.points, [
      { tsMs: startMs, bots: 2, rssMb: 250, cpuPct: 2.5 },
      { tsMs: startMs + minute, bots: 1, rssMb: 70, cpuPct: 0.7 },
      { tsMs: startMs + 2 * minute, bots: 0, rssMb: null, cpuPct: null },
    ]);
  }),

  contractCase(
    "fleet series: a process of several bots counts once, in every source and before and after it is rolled up",
    async (store, { clock }) => {
      const twelve = Array.from({ length: 12 }, (_, i) => `bot ${i}`);
      const next = batches();
      const from = startMs - 5 * day;
      const look = (ms: number) => [
        ...twelve.map((channel) =>
          sampleMetric({ channel, tsMs: from + ms, rssMb: 600, cpuPct: 12, share: 1 / 12 }),
        ),
        sampleMetric({ channel: "alone", tsMs: from + ms, pid: 5, rssMb: 50, cpuPct: 1 }),
      ];
      clock.nowMs = from + hour;
      const sums = async (rangeMs: number, points: number) => {
        const answer = await store.fleetSeries({ fromMs: from, toMs: from + rangeMs, points });
        const held = answer.points.filter(({ bots }) => bots > 0);
        const rounded = (value: number | null) => Math.round((value ?? -1) * 1e6) / 1e6;
        return [
          answer.resolution,
          held.map(({ bots, rssMb, cpuPct }) => [bots, rounded(rssMb), rounded(cpuPct)]),
        ];
      };
      const once = [13, 650, 13];
      await store.write(next({ botMetrics: look(0) }));
      for (const when of ["before", "after", "with rows beyond the rollups", "after them"]) {
        assert.deepEqual(await sums(10 * minute, 60), ["raw", [once]], when);
        assert.deepEqual(await sums(2 * hour, 120), ["minute", [once]], when);
        assert.deepEqual(await sums(2 * hour, 12), ["minute", [once]], when);
        assert.deepEqual(await sums(5 * day, 120), ["hour", [once]], when);
        assert.deepEqual(await sums(5 * day, 5), ["hour", [once]], when);
        if (when === "after") await store.write(next({ botMetrics: look(5_000) }));
        else await store.maintain();
      }
      const own = await store.metricSeries({
        fromMs: from,
        toMs: from + 2 * hour,
        points: 2,
        channels: ["bot 3"],
      });
      assert.equal(own.series[0]?.points[0]?.rssMbAvg, 600, "a bot's own series shows its process");
      const [summary] = await store.channelSummary({
        fromMs: from,
        toMs: from + hour,
        channel: "bot 3",
      });
      assert.equal(summary?.rssMbAvg, 600);
    },
  ),

  contractCase(
    "fleet series: shares come and go within a bucket, and one bot may count for all",
    async (store) => {
      const of = (channel: string, ms: number, share?: number | null) =>
        sampleMetric({
          channel,
          tsMs: startMs + ms,
          rssMb: 100,
          cpuPct: 8,
          ...(share === undefined ? {} : { share }),
        });
      const next = batches();
      // The bot stood alone until the second one joined; the last two are counted as one by the
      // first of them.
      const rows = [of("a", 0), of("a", 1_000, 0.5), of("b", 1_000, 0.5), of("c", 0, 1), of("d", 0, 0)];
      await store.write(next({ botMetrics: [...rows, of("e", 0, null)] }));
      const ask = () => store.fleetSeries({ fromMs: startMs, toMs: startMs + 2 * hour, points: 2 });
      const expected = { tsMs: startMs, bots: 5, rssMb: 75 + 50 + 100 + 0 + 100, cpuPct: 6 + 4 + 8 + 0 + 8 };
      assert.deepEqual((await ask()).points[0], expected);
      await store.maintain();
      assert.deepEqual((await ask()).points[0], expected);
    },
  ),

  contractCase("metric series: a row that comes late is counted where it belongs", async (store) => {
    const next = batches();
    const late = sampleMetric({ tsMs: startMs - 5 * day, rssMb: 300 });
    await store.write(next({ botMetrics: [sampleMetric({ tsMs: startMs - 5 * day })] }));
    await store.maintain();
    await store.write(next({ botMetrics: [late] }));
    for (const when of ["before", "after"]) {
      const answer = await store.metricSeries({ fromMs: startMs - 6 * day, toMs: startMs, points: 200 });
      const point = answer.series[0]?.points.find(({ samples }) => samples > 0);
      assert.deepEqual(
        [point?.samples, point?.rssMbAvg, point?.rssMbMax],
        [2, 200, 300],
        `${when} it is rolled up`,
      );
      await store.maintain();
    }
  }),

  contractCase("metric series: a bad question is refused", async (store) => {
    const period = { fromMs: startMs, toMs: startMs + minute };
    await refuses("invalid_query", store.metricSeries({ fromMs: startMs, toMs: startMs }));
    await refuses("invalid_query", store.metricSeries({ ...period, points: 0 }));
    await refuses("invalid_query", store.metricSeries({ ...period, points: 10_001 }));
    await refuses("invalid_query", store.metricSeries({ ...period, channels: "a" as unknown as string[] }));
    await refuses("invalid_query", store.fleetSeries({ fromMs: -1, toMs: 1 }));
    const channels = Array.from({ length: 2_000 }, (_, i) => `c${i}`);
    await refuses(
      "invalid_query",
      store.metricSeries({ fromMs: 0, toMs: startMs, points: 10_000, channels }),
    );
  }),
];
