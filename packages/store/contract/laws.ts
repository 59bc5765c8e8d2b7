import assert from "node:assert/strict";
import type { Store } from "../src/store.js";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleBot, sampleChange, sampleCustom, sampleMetric, sampleUsage } from "./sample.js";

const period = { fromMs: startMs - 3_600_000, toMs: startMs + 3_600_000 };

/** Every operation, so that a law can be asked of each. */
const operations: Record<string, (store: Store) => Promise<unknown>> = {
  write: (store) => store.write({ producer: "laws", epoch: 1, seq: 1 }),
  fleet: (store) => store.fleet(),
  statusHistory: (store) => store.statusHistory(),
  metricSeries: (store) => store.metricSeries(period),
  fleetSeries: (store) => store.fleetSeries(period),
  customSeries: (store) => store.customSeries({ ...period, channel: "a", metricName: "b" }),
  metricNames: (store) => store.metricNames({ channel: "a" }),
  runs: (store) => store.runs(),
  openAlerts: (store) => store.openAlerts(),
  alertHistory: (store) => store.alertHistory(),
  notices: (store) => store.notices(),
  silences: (store) => store.silences(),
  facts: (store) => store.facts(),
  prices: (store) => store.prices(),
  usageTotals: (store) => store.usageTotals(period),
  usagePage: (store) => store.usagePage({ limit: 1 }),
  usageList: (store) => store.usageList(period),
  channelSummary: (store) => store.channelSummary(period),
  maintain: (store) => store.maintain(),
  backup: (store) => store.backup("never-written.db"),
};

/** Names that a database, a shell or a JSON writer could stumble over. */
const names = [
  "Straße 東京 🤖",
  "'; DROP TABLE bot_status; --",
  "a\u0000b",
  "a\u0000c",
  "%_\\",
  "\u00e9",
  "e\u0301",
  "__proto__",
  "constructor",
  " leading",
  "A",
  "a",
  "\u2028",
  "x".repeat(10_000),
];

export const lawCases = [
  ...Object.entries(operations).map(([name, operate]) =>
    contractCase(`closed: ${name} is refused after close, and before it has ended`, async (store) => {
      const closing = store.close();
      await refuses("closed", operate(store), `${name} while closing`);
      await closing;
      await refuses("closed", operate(store), `${name} after close`);
      assert.equal(store.state().status, "closed");
    }),
  ),

  contractCase("closed: close may be called again, and waits for the writes before it", async (store) => {
    const next = batches();
    const writes = Array.from({ length: 20 }, () => store.write(next({ llmUsage: [sampleUsage()] })));
    await Promise.all([store.close(), store.close({ drainMs: 1 }), store[Symbol.asyncDispose]()]);
    assert.deepEqual(new Set(await Promise.all(writes)), new Set(["applied"]));
    await store.close();
  }),

  contractCase(
    "concurrent reads: each sees whole batches, and never fewer than one before it",
    async (store) => {
      const next = batches();
      const ten = { llmUsage: Array.from({ length: 10 }, () => sampleUsage()), botMetrics: [sampleMetric()] };
      let done = false;
      const writing = (async () => {
        for (let i = 0; i < 50; i++) await store.write(next(ten));
      })().finally(() => {
        done = true;
      });
      let last = 0;
      while (!done) {
        const [one, two] = await Promise.all([store.usageTotals(period), store.channelSummary(period)]);
        const calls = one[0]?.calls ?? 0;
        assert.equal(calls % 10, 0, "a part of a batch was seen");
        assert.ok(calls >= last, "time went backwards");
        const [summary] = two;
        assert.equal(summary?.calls ?? 0, (summary?.samples ?? 0) * 10, "two tables of one batch disagree");
        last = calls;
      }
      await writing;
      assert.equal((await store.usageTotals(period))[0]?.calls, 500);
    },
  ),

  contractCase("unicode: every name comes back as it was written, and none is another's", async (store) => {
    await store.write(
      batches()({
        bots: names.map((channel) =>
          sampleBot({ channel, featuresJson: JSON.stringify({ [channel]: true }) }),
        ),
        statusChanges: names.map((channel) => sampleChange({ channel, cause: channel })),
        botMetrics: names.map((channel) => sampleMetric({ channel })),
        llmUsage: names.map((name) => sampleUsage({ channel: name, model: name, feature: name })),
        customMetrics: names.map((name) => sampleCustom({ channel: name, metricName: name })),
      }),
    );
    const sorted = [...names].sort();
    for (const when of ["before", "after"]) {
      const fleet = await store.fleet();
      assert.deepEqual(
        fleet.map(({ channel }) => channel),
        sorted,
      );
      for (const { channel, featuresJson } of fleet)
        assert.equal(featuresJson, JSON.stringify({ [channel]: true }));
      assert.deepEqual((await store.statusHistory()).map(({ cause }) => cause).reverse(), names);
      const summary = await store.channelSummary(period);
      assert.deepEqual(
        summary.map(({ channel, samples, calls }) => [channel, samples, calls]),
        sorted.map((name) => [name, 1, 1]),
      );
      const series = await store.metricSeries({ ...period, points: 1 });
      assert.deepEqual(
        series.series.map(({ channel }) => channel),
        sorted,
        `${when} rollups`,
      );
      for (const name of names) {
        const custom = await store.customSeries({ ...period, channel: name, metricName: name, points: 1 });
        assert.equal(
          custom.points.reduce((sum, point) => sum + point.samples, 0),
          1,
          JSON.stringify(name.slice(0, 20)),
        );
        const [usage] = await store.usageTotals({ ...period, channel: name, model: name, feature: name });
        assert.equal(usage?.calls, 1);
      }
      await store.maintain();
    }
  }),

  contractCase(
    "huge values: the largest numbers are stored, and their sums neither wrap nor fail",
    async (store) => {
      const max = Number.MAX_SAFE_INTEGER;
      const next = batches();
      const usage = Array.from({ length: 3_000 }, () =>
        sampleUsage({ tokensIn: max, tokensOut: max, tokensCached: max }),
      );
      await store.write(
        next({ llmUsage: usage, botMetrics: [sampleMetric({ rssMb: 1e300, cpuPct: 5e-324 })] }),
      );
      await store.write(
        next({ customMetrics: [sampleCustom({ value: -1.5e300 }), sampleCustom({ value: 1.5e300 })] }),
      );
      for (const when of ["before", "after"]) {
        const [total] = await store.usageTotals(period);
        const ratio = (total?.tokensIn ?? 0) / (max * 3_000);
        assert.ok(Math.abs(ratio - 1) < 1e-9, `${when} rollups: ${total?.tokensIn}`);
        assert.equal(total?.tokensOut, total?.tokensIn);
        const [summary] = await store.channelSummary(period);
        assert.deepEqual([summary?.rssMbMax, summary?.cpuPctMax], [1e300, 5e-324]);
        await store.maintain();
      }
      const custom = await store.customSeries({
        ...period,
        channel: "twitch_main",
        metricName: "queue",
        points: 1,
      });
      const point = custom.points.find(({ samples }) => samples > 0);
      assert.deepEqual([point?.min, point?.max, point?.avg], [-1.5e300, 1.5e300, 0]);
      await store.write(next({ bots: [sampleBot({ pid: 2 ** 32 - 1, restarts: max, intervalS: 1e-9 })] }));
      const [bot] = await store.fleet();
      assert.deepEqual([bot?.pid, bot?.restarts, bot?.intervalS], [2 ** 32 - 1, max, 1e-9]);
    },
  ),

  contractCase("times: from 1970 to 9999, to the millisecond", async (store) => {
    const times = [
      0,
      1,
      999,
      1_000,
      Date.UTC(2000, 1, 29, 23, 59, 59, 999),
      Date.UTC(9999, 11, 31, 23, 59, 59, 999),
    ];
    await store.write(
      batches()({
        bots: times.map((ms, i) =>
          sampleBot({ channel: `c${i}`, registeredAtMs: ms, lastSeenMs: ms, statusSinceMs: ms }),
        ),
        llmUsage: times.map((tsMs) => sampleUsage({ tsMs })),
      }),
    );
    assert.deepEqual(
      (await store.fleet()).map(({ lastSeenMs }) => lastSeenMs),
      times,
    );
    const calls = async (fromMs: number, toMs: number) =>
      (await store.usageTotals({ fromMs, toMs }))[0]?.calls;
    assert.equal(await calls(0, 1), 1);
    assert.equal(await calls(1, 1_000), 2);
    assert.equal(await calls(1_000, 1_001), 1);
    assert.equal(await calls(times[4] ?? 0, (times[4] ?? 0) + 1), 1);
  }),
];
