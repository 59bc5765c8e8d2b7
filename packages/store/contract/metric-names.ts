import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleCustom } from "./sample.js";

export const metricNamesCases = [
  contractCase(
    "metric names: each with its samples and its newest value, of one bot alone",
    async (store) => {
      const next = batches();
      await store.write(
        next({
          customMetrics: [
            sampleCustom({ metricName: "queue", tsMs: startMs + 500, value: 2 }),
            sampleCustom({ metricName: "queue", tsMs: startMs, value: 1 }),
            sampleCustom({ metricName: "__proto__", tsMs: startMs + 10, value: -1e300 }),
            sampleCustom({ metricName: "other bot's", channel: "other", value: 1_000 }),
          ],
        }),
      );
      assert.deepEqual(await store.metricNames({ channel: "twitch_main" }), {
        metrics: [
          { metricName: "__proto__", samples: 1, lastTsMs: startMs + 10, lastValue: -1e300 },
          { metricName: "queue", samples: 2, lastTsMs: startMs + 500, lastValue: 2 },
        ],
        truncated: false,
      });
      // Of two at one time, that which was written last.
      await store.write(
        next({ customMetrics: [sampleCustom({ metricName: "queue", tsMs: startMs + 500, value: 7 })] }),
      );
      const { metrics } = await store.metricNames({ channel: "twitch_main", fromMs: startMs + 500 });
      assert.deepEqual(metrics, [{ metricName: "queue", samples: 2, lastTsMs: startMs + 500, lastValue: 7 }]);
      assert.deepEqual(await store.metricNames({ channel: "nobody" }), { metrics: [], truncated: false });
    },
  ),

  contractCase(
    "metric names: are cut in the order of UTF-16, and it is said that there are more",
    async (store) => {
      const names = ["\u{1f980}", "\uffee", "b", "a", "ü"];
      await store.write(
        batches()({ customMetrics: names.map((metricName) => sampleCustom({ metricName })) }),
      );
      const namesOf = async (limit?: number) => {
        const query = { channel: "twitch_main", ...(limit === undefined ? {} : { limit }) };
        const { metrics, truncated } = await store.metricNames(query);
        return [truncated, ...metrics.map(({ metricName }) => metricName)];
      };
      const sorted = [...names].sort();
      assert.deepEqual(await namesOf(), [false, ...sorted]);
      assert.deepEqual(await namesOf(5), [false, ...sorted]);
      assert.deepEqual(await namesOf(4), [true, ...sorted.slice(0, 4)]);
      assert.deepEqual(await namesOf(1), [true, "a"]);
    },
  ),

  contractCase("metric names: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.metricNames({} as never));
    await refuses("invalid_query", store.metricNames({ channel: 7 } as never));
    await refuses("invalid_query", store.metricNames({ channel: "a", limit: 0 }));
    await refuses("invalid_query", store.metricNames({ channel: "a", limit: 10_001 }));
    await refuses("invalid_query", store.metricNames({ channel: "a", fromMs: -1 }));
  }),
];
