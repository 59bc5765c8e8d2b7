import assert from "node:assert/strict";
import type { Batch } from "../src/batch.js";
import { LlmUsageTable } from "../src/llm-usage-table.js";
import type { UsageTotal } from "../src/usage-totals.js";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import {
  batches,
  sampleAlert,
  sampleBot,
  sampleChange,
  sampleCustom,
  sampleMetric,
  sampleNotice,
  samplePrice,
  sampleSilence,
  sampleTell,
  sampleUsage,
} from "./sample.js";

const day = { fromMs: startMs - 86_400_000, toMs: startMs + 86_400_000 };

/**
 * Batches that must be refused, each with one fault, and the field that the message has to name.
 */
const faults: readonly (readonly [field: string, fault: Record<string, unknown>])[] = [
  ["producer", { producer: "" }],
  ["epoch", { epoch: -1 }],
  ["seq", { seq: 1.5 }],
  ["seq", { seq: 2 ** 53 }],
  ["llmusage", { llmusage: [] }],
  ["bots", { bots: "none" }],
  ["bots[0]", { bots: [null] }],
  ["bots[0].channel", { bots: [sampleBot({ channel: "" })] }],
  ["bots[0].status", { bots: [{ ...sampleBot(), status: "alive" }] }],
  ["bots[0].pid", { bots: [sampleBot({ pid: -1 })] }],
  ["bots[0].lastSeenMs", { bots: [sampleBot({ lastSeenMs: Number.NaN })] }],
  ["bots[0].startTold", { bots: [{ ...sampleBot(), startTold: 1 }] }],
  ["bots[0].processSeen", { bots: [{ ...sampleBot(), processSeen: 1 }] }],
  ["statusChanges[0].to", { statusChanges: [{ ...sampleChange(), to: null }] }],
  ["botMetrics[1].cpuPct", { botMetrics: [sampleMetric(), { ...sampleMetric(), cpuPct: null }] }],
  ["botMetrics[0].share", { botMetrics: [sampleMetric({ share: 1.5 })] }],
  ["botMetrics[0].rssMb", { botMetrics: [sampleMetric({ rssMb: Number.POSITIVE_INFINITY })] }],
  ["llmUsage[0].tokensIn", { llmUsage: [sampleUsage({ tokensIn: 1.5 })] }],
  ["llmUsage[0].tsMs", { llmUsage: [sampleUsage({ tsMs: 8.64e15 })] }],
  ["llmUsage[0].model", { llmUsage: [sampleUsage({ model: "\ud800" })] }],
  ["llmUsage[0].costUsd", { llmUsage: [sampleUsage({ costUsd: -1 })] }],
  ["prices[0].priceId", { prices: [samplePrice({ priceId: 0.5 })] }],
  ["prices[0].priceJson", { prices: [samplePrice({ priceJson: "" })] }],
  ["repricings[0].usageId", { repricings: [{ usageId: -1, costUsd: 1, priceId: 1 }] }],
  ["repricings[0].costUsd", { repricings: [{ usageId: 1, costUsd: null, priceId: 1 }] }],
  ["alerts[0].cause", { alerts: [sampleAlert({ cause: "" })] }],
  ["alerts[0].grade", { alerts: [sampleAlert({ grade: 0.5 })] }],
  ["tells[0].receiver", { tells: [sampleTell({ receiver: "" })] }],
  ["notices[0].body", { notices: [sampleNotice({ body: "\ud800" })] }],
  ["silences[0].untilMs", { silences: [sampleSilence({ untilMs: Number.NaN })] }],
  ["facts[0].value", { facts: [{ name: "boot_id", value: "" }] }],
  ["customMetrics[0].value", { customMetrics: [sampleCustom({ value: Number.NaN })] }],
];

export const writeCases = [
  contractCase(
    "write: a batch of every kind is applied, and what it wrote can be read at once",
    async (store) => {
      const outcome = await store.write({
        producer: "p",
        epoch: 1,
        seq: 1,
        bots: [sampleBot()],
        statusChanges: [sampleChange()],
        botMetrics: [sampleMetric()],
        llmUsage: [sampleUsage()],
        prices: [samplePrice()],
        customMetrics: [sampleCustom()],
        alerts: [sampleAlert()],
        tells: [sampleTell()],
        notices: [sampleNotice()],
        silences: [sampleSilence()],
        facts: [{ name: "boot_id", value: "b-1" }],
      });
      assert.equal(outcome, "applied");
      assert.equal((await store.fleet()).length, 1);
      assert.equal((await store.statusHistory()).length, 1);
      const [summary] = await store.channelSummary(day);
      assert.equal(summary?.samples, 1);
      assert.equal(summary?.calls, 1);
      assert.equal((await store.openAlerts()).alerts.length, 1);
      assert.equal((await store.prices()).length, 1);
      assert.equal((await store.silences()).length, 1);
      assert.equal((await store.facts()).get("boot_id"), "b-1");
      assert.equal(store.state().committedRows, 11);
    },
  ),

  contractCase(
    "write: a repricing gives a call without a cost its cost and price, and leaves any other call alone",
    async (store) => {
      const llmUsage = [
        sampleUsage({ costUsd: null }),
        sampleUsage({ costUsd: 0.5 }),
        sampleUsage({ costUsd: null, error: "timeout" }),
      ];
      await store.write({ producer: "p", epoch: 1, seq: 1, llmUsage });
      await store.maintain();
      await store.write({ producer: "p", epoch: 1, seq: 2, llmUsage: [sampleUsage({ costUsd: null })] });
      const { rows } = await store.usagePage({ limit: 10 });
      const unpriced = rows.filter(({ costUsd }) => costUsd === null);
      assert.equal(unpriced.length, 3);
      const repricings = rows.map(({ id }) => ({ usageId: id, costUsd: 2, priceId: 7 }));
      const strangers = [{ usageId: 4_711, costUsd: 2, priceId: 7 }];
      const prices = [samplePrice({ priceId: 7 })];
      for (const seq of [3, 4]) {
        const batch = { producer: "p", epoch: 1, seq, prices, repricings: [...repricings, ...strangers] };
        assert.equal(await store.write(batch), "applied");
        const after = await store.usagePage({ limit: 10 });
        for (const { id, costUsd, priceId, error } of after.rows) {
          const isTold = unpriced.every((one) => one.id !== id);
          assert.deepEqual([costUsd, priceId], isTold ? [0.5, null] : [2, 7]);
          assert.equal(error, rows.find((one) => one.id === id)?.error);
        }
        await store.maintain();
        const [total] = await store.usageTotals(day);
        assert.deepEqual([total?.costUsd, total?.costCalls, total?.costToldUsd], [6.5, 4, 0.5]);
        assert.equal(total?.costCoverage, 1);
      }
    },
  ),

  contractCase("write: an empty batch is applied, and remembered", async (store) => {
    assert.equal(await store.write({ producer: "p", epoch: 1, seq: 1 }), "applied");
    assert.equal(await store.write({ producer: "p", epoch: 1, seq: 1 }), "duplicate");
  }),

  contractCase(
    "write: a bad batch names its field, stores nothing, and leaves its id free",
    async (store) => {
      for (const [field, fault] of faults) {
        const good = { producer: "p", epoch: 1, seq: 7, customMetrics: [sampleCustom()] };
        const bad = { ...good, ...fault } as unknown as Batch;
        await assert.rejects(store.write(bad), (error: Error & { code?: string }) => {
          assert.equal(error.code, "invalid_batch", `${field}: ${error.message}`);
          assert.ok(error.message.includes(field), `${JSON.stringify(error.message)} names ${field}`);
          return true;
        });
      }
      assert.equal(store.state().committedRows, 0);
      assert.deepEqual(await store.fleet(), []);
      assert.deepEqual(await store.channelSummary(day), []);
      assert.equal(
        await store.write({ producer: "p", epoch: 1, seq: 7, llmUsage: [sampleUsage()] }),
        "applied",
      );
    },
  ),

  contractCase("write: no batch at all is refused like a bad one", async (store) => {
    await refuses("invalid_batch", store.write(null as unknown as Batch));
    await refuses("invalid_batch", store.write("batch" as unknown as Batch));
  }),

  contractCase("write: the caller may change its rows as soon as write has returned", async (store) => {
    const row = { ...sampleUsage() } as { tokensIn: number } & ReturnType<typeof sampleUsage>;
    const rows = [row];
    const writing = store.write({ producer: "p", epoch: 1, seq: 1, llmUsage: rows });
    row.tokensIn = 999;
    rows.push(row);
    await writing;
    const [total] = await store.usageTotals(day);
    assert.equal(total?.calls, 1);
    assert.equal(total?.tokensIn, 100);
  }),

  contractCase("write: usage may come as columns, which the caller may fill anew at once", async (store) => {
    const rows = [
      sampleUsage({ provider: "p", tokensCached: 7, costUsd: 0.25, latencyMs: 12.5 }),
      sampleUsage({ channel: "ä", tokensIn: 3, latencyMs: null }),
      sampleUsage({ tsMs: startMs + 0.5 }),
    ];
    const table = new LlmUsageTable(10);
    table.append(rows);
    const batch = { producer: "p", epoch: 1, seq: 1, botMetrics: [sampleMetric()], llmUsage: table };
    const writing = store.write(batch);
    table.clear();
    table.append([sampleUsage({ channel: "later" })]);
    assert.equal(await writing, "applied");
    assert.equal(await store.write(batch), "duplicate");
    const usage = { ...day, groupBy: ["channel"] as const };
    const asColumns = await store.usageTotals(usage);
    assert.equal(store.state().committedRows, 4);
    await store.write({ producer: "p", epoch: 1, seq: 2, llmUsage: rows });
    // All but means, shares and the keys.
    const twice = ({ errorRate, latencyMsAvg, tsMs, ...rest }: UsageTotal) => {
      const { costCoverage, latencyMsP50, latencyMsP95, latencyMsP99, ...total } = rest;
      return {
        costCoverage,
        errorRate,
        latencyMsAvg,
        latencyMsP50,
        latencyMsP95,
        latencyMsP99,
        tsMs,
        ...Object.fromEntries(
          Object.entries(total).map(([name, value]) => [name, typeof value === "number" ? 2 * value : value]),
        ),
      };
    };
    assert.deepEqual(asColumns.map(twice), await store.usageTotals(usage));
  }),

  contractCase("write: many batches at once are all applied, each once", async (store) => {
    const next = batches();
    const writes = Array.from({ length: 200 }, () =>
      store.write(next({ llmUsage: [sampleUsage(), sampleUsage()] })),
    );
    const outcomes = await Promise.all(writes);
    assert.ok(outcomes.every((outcome) => outcome === "applied"));
    const [total] = await store.usageTotals(day);
    assert.equal(total?.calls, 400);
    const { pendingBatches, pendingRows, committedRows } = store.state();
    assert.deepEqual(
      { pendingBatches, pendingRows, committedRows },
      { pendingBatches: 0, pendingRows: 0, committedRows: 400 },
    );
  }),
];
