import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { batches, sampleBot, sampleChange, sampleCustom, sampleMetric, sampleUsage } from "./sample.js";

const day = 86_400_000;
const everything = { fromMs: 0, toMs: startMs + 1_000 * day };

export const maintenanceCases = [
  contractCase("maintain: deletes what is past its retention, and nothing else", async (store, { clock }) => {
    const ages = [0, 6.9, 7.1, 29.9, 30.1, 399, 402];
    const at = (age: number) => ({ tsMs: Math.round(startMs - age * day) });
    await store.write(
      batches()({
        bots: [sampleBot()],
        botMetrics: ages.map((age) => sampleMetric(at(age))),
        llmUsage: ages.map((age) => sampleUsage(at(age))),
        customMetrics: ages.map((age) => sampleCustom(at(age))),
        statusChanges: ages.map((age) => sampleChange(at(age))),
      }),
    );
    clock.nowMs = startMs;
    const { deleted } = await store.maintain();
    assert.deepEqual(deleted, {
      botMetrics: 5,
      minutes: 3,
      hours: 1,
      customMetrics: 3,
      statusChanges: 1,
      llmUsage: 0,
      runs: 0,
      alerts: 0,
      notices: 0,
      silences: 0,
    });
    assert.equal((await store.fleet()).length, 1);
    assert.equal((await store.statusHistory()).length, 6);
    assert.equal((await store.usageTotals(everything))[0]?.calls, 7, "usage is never deleted");
    const again = await store.maintain();
    assert.deepEqual(Object.values(again.deleted), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  }),

  contractCase(
    "maintain: lives of monitors go with the changes of status, but never the newest [trial/O15]",
    async (store, { clock }) => {
      const next = batches();
      const told = (startAge: number, seenAge: number, stopped: boolean) =>
        next({ run: { startedMs: startMs - startAge * day, seenMs: startMs - seenAge * day, stopped } });
      await store.write(told(50, 40, true));
      await store.write(told(39, 31, false));
      await store.write(told(30.5, 29, true));
      await store.write(told(28, 28, false));
      const startAges = async () => (await store.runs()).map(({ startedMs }) => (startMs - startedMs) / day);
      assert.equal((await store.maintain()).deleted.runs, 2);
      assert.deepEqual(await startAges(), [28, 30.5], "a life that reaches into the retention stays whole");
      clock.nowMs = startMs + 25 * day;
      assert.equal((await store.maintain()).deleted.runs, 1);
      assert.deepEqual(
        await startAges(),
        [28],
        "the open run stays, though nothing was heard of it for long",
      );
      await store.write(told(28, 0, true));
      assert.equal((await store.maintain()).deleted.runs, 0);
      assert.equal((await store.runs())[0]?.stoppedMs, startMs);
    },
    { retention: { statusHistoryDays: 30 } },
  ),

  contractCase(
    "maintain: lives of monitors are kept for ever where changes of status are [trial/O15]",
    async (store, { clock }) => {
      const next = batches();
      for (const startedMs of [startMs - 2_000 * day, startMs - 1_000 * day])
        await store.write(next({ run: { startedMs, seenMs: startedMs, stopped: true } }));
      clock.nowMs = startMs + 20 * day;
      assert.equal((await store.maintain()).deleted.runs, 0);
      assert.equal((await store.runs()).length, 2);
    },
    { retention: { statusHistoryDays: null } },
  ),

  contractCase(
    "maintain: an operator may let usage go; its totals by the hour stay",
    async (store) => {
      const rows = [1, 9, 11, 40].map((age) =>
        sampleUsage({ tsMs: startMs - age * day, costUsd: 1, provider: "p" }),
      );
      await store.write(batches()({ llmUsage: rows }));
      const { deleted } = await store.maintain();
      assert.equal(deleted.llmUsage, 2);
      const [total] = await store.usageTotals(everything);
      assert.deepEqual([total?.calls, total?.costUsd], [4, 4]);
    },
    { retention: { usageDays: 10 } },
  ),

  contractCase(
    "maintain: null keeps for ever",
    async (store, { clock }) => {
      await store.write(batches()({ botMetrics: [sampleMetric()], customMetrics: [sampleCustom()] }));
      clock.nowMs = startMs + 10_000 * day;
      const { deleted } = await store.maintain();
      assert.deepEqual(
        [deleted.botMetrics, deleted.minutes, deleted.hours, deleted.customMetrics],
        [0, 0, 0, 0],
      );
    },
    { retention: { metricsDays: null, minuteDays: null, hourDays: null, customMetricsDays: null } },
  ),

  contractCase("maintain: writes go on while it works, and none is lost", async (store, { clock }) => {
    const next = batches();
    const rows = Array.from({ length: 5_000 }, (_, i) =>
      sampleMetric({ channel: `c${i % 50}`, tsMs: startMs + i }),
    );
    await store.write(next({ botMetrics: rows }));
    clock.nowMs = startMs + 20 * day;
    const maintaining = store.maintain();
    const writes = Array.from({ length: 20 }, () => store.write(next({ llmUsage: [sampleUsage()] })));
    const outcomes = await Promise.all(writes);
    assert.ok(outcomes.every((outcome) => outcome === "applied"));
    assert.equal((await maintaining).deleted.botMetrics, 5_000);
    assert.equal((await store.usageTotals(everything))[0]?.calls, 20);
  }),
];
