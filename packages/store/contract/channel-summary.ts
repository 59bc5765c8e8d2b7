import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleMetric, sampleUsage } from "./sample.js";

const hour = 3_600_000;

export const channelSummaryCases = [
  contractCase(
    "channel summary: averages and maxima of RAM and CPU, calls, tokens, latency, cost",
    async (store) => {
      await store.write(
        batches()({
          botMetrics: [
            sampleMetric({ channel: "a", rssMb: 100, cpuPct: 1 }),
            sampleMetric({ channel: "a", rssMb: 300, cpuPct: 5, tsMs: startMs + 2 * hour }),
            sampleMetric({ channel: "quiet", rssMb: 7, cpuPct: 0 }),
          ],
          llmUsage: [
            sampleUsage({ channel: "a", latencyMs: 10, costUsd: 2 }),
            sampleUsage({ channel: "a" }),
            sampleUsage({ channel: "unseen" }),
          ],
        }),
      );
      const period = { fromMs: startMs - 30_000, toMs: startMs + 2 * hour + 90_000 };
      const none = { samples: 0, rssMbAvg: null, rssMbMax: null, cpuPctAvg: null, cpuPctMax: null };
      const used = { tokensIn: 100, tokensOut: 20, costUsd: null, latencyMsAvg: null };
      const expected = [
        {
          channel: "a",
          samples: 2,
          rssMbAvg: 200,
          rssMbMax: 300,
          cpuPctAvg: 3,
          cpuPctMax: 5,
          calls: 2,
          tokensIn: 200,
          tokensOut: 40,
          costUsd: 2,
          latencyMsAvg: 10,
        },
        {
          channel: "quiet",
          samples: 1,
          rssMbAvg: 7,
          rssMbMax: 7,
          cpuPctAvg: 0,
          cpuPctMax: 0,
          calls: 0,
          tokensIn: 0,
          tokensOut: 0,
          costUsd: null,
          latencyMsAvg: null,
        },
        { channel: "unseen", ...none, calls: 1, ...used },
      ];
      assert.deepEqual(await store.channelSummary(period), expected);
      await store.maintain();
      assert.deepEqual(await store.channelSummary(period), expected, "and after the rollups");
      assert.deepEqual(await store.channelSummary({ ...period, channel: "a" }), expected.slice(0, 1));
      assert.deepEqual(await store.channelSummary({ fromMs: 0, toMs: hour }), []);
    },
  ),

  contractCase("channel summary: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.channelSummary({ fromMs: 2, toMs: 1 }));
    await refuses("invalid_query", store.channelSummary({ fromMs: 0, toMs: 1, channel: null as never }));
  }),
];
