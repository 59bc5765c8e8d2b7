import { type LlmUsage, openStore, type Store, type UsageCursor } from "@kissbot/store";
import { RecordingLogger } from "@kissbot/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { AppliedPrices } from "../../src/cost/applied-prices.js";
import { PriceBook } from "../../src/cost/price-book.js";
import type { PriceEntry } from "../../src/cost/price-entry.js";
import { loadPriceTable } from "../../src/cost/price-table.js";
import { UsageRepricing } from "../../src/worker/usage-repricing.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const table = await loadPriceTable();
const nowMs = Date.parse("2026-11-26T12:00:00Z");
const mine: PriceEntry = {
  model: "mine",
  provider: null,
  feature: null,
  like: null,
  discount: 0,
  fromMs: null,
  price: { input: 2, output: 4 },
};

function repricingOf(
  store: Store,
  book: PriceBook | null,
  startedAtMs = 1,
  logger = new RecordingLogger(),
): UsageRepricing {
  return new UsageRepricing({
    store: () => store,
    book: () => book,
    nowMs: () => nowMs,
    applied: new AppliedPrices(),
    producer: "m",
    startedAtMs,
    logger,
  });
}

async function all(
  repricing: UsageRepricing,
  { isDry = false, steps = Number.POSITIVE_INFINITY, fromMs = 0 } = {},
) {
  let after: UsageCursor | null = null;
  let calls = 0;
  const unpriced: unknown[] = [];
  for (let i = 0; i < steps; i++) {
    const step = await repricing.repriceStep({ fromMs, after, isDry, by: "alice" });
    if (step === null) return null;
    calls += step.calls;
    unpriced.push(...step.unpriced);
    after = step.next;
    if (after === null) break;
  }
  return { calls, unpriced };
}

const call: LlmUsage = {
  tsMs: nowMs - 86_400_000,
  channel: "a",
  model: "mine",
  feature: "f",
  provider: "p",
  tokensIn: 1_000_000,
  tokensOut: 500_000,
};
const period = { fromMs: nowMs - 400 * 86_400_000, toMs: nowMs };

async function filled(): Promise<Store> {
  const store = await openStore("memory:", { now: () => nowMs });
  const llmUsage: LlmUsage[] = [
    ...Array.from({ length: 2_500 }, () => call),
    { ...call, costUsd: 0.25 },
    { ...call, model: "o3", provider: null, tsMs: Date.parse("2025-12-01T00:00:00Z"), tokensOut: 0 },
    { ...call, model: "llama3:8b" },
    { ...call, tokensIn: 0, tokensOut: 0, error: "timeout" },
  ];
  await store.write({ producer: "bots", epoch: 1, seq: 1, llmUsage });
  return store;
}

test("stored calls get the cost of the price of their own time; told costs stay, and what has no price has its reason [cost/C8] [cost/C5]", async () => {
  await using store = await filled();
  const repricing = repricingOf(store, new PriceBook(table, [mine]));
  const dry = await all(repricing, { isDry: true });
  expect(dry).toEqual({
    calls: 2_501,
    unpriced: [
      { model: "llama3:8b", provider: "p", reason: "unknown_provider", calls: 1, tokens: 1_500_000 },
    ],
  });
  const [before] = await store.usageTotals(period);
  expect([before?.costUsd, before?.costCalls, (await store.prices()).length]).toEqual([0.25, 1, 0]);
  expect(await all(repricing)).toEqual(dry);
  const [after] = await store.usageTotals(period);
  expect(after?.costUsd).toBeCloseTo(2_500 * 4 + 0.25 + 2, 6);
  expect([after?.costCalls, after?.costToldUsd]).toEqual([2_502, 0.25]);
  expect((await store.prices()).map(({ source, model }) => `${source} ${model}`).sort()).toEqual([
    "config mine",
    "table o3",
  ]);
  expect(await all(repricing)).toMatchObject({ calls: 0 });
  expect((await store.usageTotals(period))[0]).toEqual(after);
});

test("a run that is interrupted may begin anew, also in another life of the monitor [cost/C8]", async () => {
  await using interrupted = await filled();
  await using whole = await filled();
  const book = new PriceBook(table, [mine]);
  expect(await all(repricingOf(interrupted, book), { steps: 1 })).toMatchObject({ calls: 1_000 });
  await all(repricingOf(interrupted, book, 2));
  await all(repricingOf(whole, book));
  expect(await interrupted.usageTotals(period)).toEqual(await whole.usageTotals(period));
});

test("only calls since a time are priced, and nothing before prices or a store are there [cost/C8]", async () => {
  await using store = await filled();
  expect(await all(repricingOf(store, null))).toBeNull();
  const repricing = repricingOf(store, new PriceBook(table, [mine]));
  expect(await all(repricing, { fromMs: nowMs - 2 * 86_400_000 })).toMatchObject({ calls: 2_500 });
  expect(await all(repricing)).toMatchObject({ calls: 1 });
});

test("pricing stored calls of many models leaves the monitor's own memory of models alone", async () => {
  await using store = await openStore("memory:", { now: () => nowMs });
  const llmUsage = Array.from({ length: 50 }, (_, i) => ({ ...call, model: `m${i}` }));
  await store.write({ producer: "bots", epoch: 1, seq: 1, llmUsage });
  const book = new PriceBook(table, [mine]);
  expect((await all(repricingOf(store, book)))?.unpriced).toHaveLength(50);
  for (let i = 0; i < 10_000; i++) book.find(`n${i}`, "nobody", "a");
  expect(book.find("n9999", "nobody", "a").at(0)).toBe("unknown_provider");
  expect(book.find("n10000", "nobody", "a").at(0)).toBe("too_many_models");
  // A name that is known has no other finding, and one that is not is found all the same.
  expect(book.lookUp("n9999", "nobody", "a")).toBe(book.find("n9999", "nobody", "a"));
  expect(book.lookUp("n10000", "nobody", "a").at(0)).toBe("unknown_provider");
});

test("a life with the start of another stores its steps, or says that it did not [cost/C8]", async () => {
  await using store = await filled();
  const book = new PriceBook(table, [mine]);
  const chance = vi.spyOn(Math, "random").mockReturnValue(0.25);
  const write = vi.spyOn(store, "write");
  await all(repricingOf(store, book), { steps: 1 });
  await expect(all(repricingOf(store, book))).rejects.toMatchObject({ code: "refused" });
  chance.mockReturnValue(0.75);
  expect(await all(repricingOf(store, book))).toMatchObject({ calls: 1_501 });
  const outcomes = await Promise.all(write.mock.results.map(({ value }) => value as Promise<string>));
  expect(outcomes).toEqual(["applied", "duplicate", "applied", "applied"]);
});

test("the log says by whom stored calls were priced and how many, and nothing of a dry run [cost/C8]", async () => {
  await using store = await filled();
  const logger = new RecordingLogger();
  const repricing = repricingOf(store, new PriceBook(table, [mine]), 1, logger);
  await all(repricing, { isDry: true });
  expect(logger.entries).toEqual([]);
  await all(repricing);
  const sentence = "stored calls were priced";
  expect(logger.entries).toEqual(
    [1_000, 1_000, 501].map((calls) => ({ level: "info", fields: { by: "alice", calls }, sentence })),
  );
  await all(repricing);
  expect(logger.entries).toHaveLength(3);
});
