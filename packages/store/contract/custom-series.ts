import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleCustom } from "./sample.js";

const period = { fromMs: startMs, toMs: startMs + 3_000, points: 3 };

export const customSeriesCases = [
  contractCase("custom series: one metric of one bot, negative values and gaps included", async (store) => {
    const rows = [
      sampleCustom({ value: -4 }),
      sampleCustom({ tsMs: startMs + 999, value: 2 }),
      sampleCustom({ tsMs: startMs + 2_000, value: 0 }),
      sampleCustom({ metricName: "other", value: 1_000 }),
      sampleCustom({ channel: "other", value: 1_000 }),
    ];
    await store.write(batches()({ customMetrics: rows }));
    const answer = await store.customSeries({ ...period, channel: "twitch_main", metricName: "queue" });
    assert.deepEqual(answer, {
      bucketMs: 1_000,
      points: [
        { tsMs: startMs, samples: 2, avg: -1, min: -4, max: 2 },
        { tsMs: startMs + 1_000, samples: 0, avg: null, min: null, max: null },
        { tsMs: startMs + 2_000, samples: 1, avg: 0, min: 0, max: 0 },
      ],
    });
  }),

  contractCase("custom series: an average lies between the values, however large they are", async (store) => {
    const values = [1.7e308, 1.7e308, -1.7e308, 5e-324];
    const rows = values.map((value) => sampleCustom({ value }));
    await store.write(batches()({ customMetrics: rows }));
    const { points } = await store.customSeries({ ...period, channel: "twitch_main", metricName: "queue" });
    const { samples, avg, min, max } = points[0] ?? {};
    assert.deepEqual([samples, min, max], [4, -1.7e308, 1.7e308]);
    assert.ok(Number.isFinite(avg ?? null) && Math.abs(avg as number) <= 1.7e308, `${avg}`);
  }),

  contractCase("custom series: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.customSeries({ ...period, channel: "a" } as never));
    await refuses("invalid_query", store.customSeries({ ...period, toMs: 0, channel: "a", metricName: "b" }));
  }),
];
