import { openStore, type UsageKey } from "@kissbot/store";
import { expect, test, vi } from "vitest";
import { PriceBook } from "../../src/cost/price-book.js";
import { loadPriceTable } from "../../src/cost/price-table.js";
import { totalsByModel, unpricedModels, whyUnpriced } from "../../src/cost/unpriced-models.js";
import { UnpricedTokens } from "../../src/cost/unpriced-tokens.js";

const table = await loadPriceTable();
const book = new PriceBook(table);
const nowMs = Date.parse("2026-11-26");
const total = (model: string, tokensIn: number, costTokens: number | null) => ({
  model,
  tokensIn,
  tokensOut: 1,
  costTokens,
});

test("models without a price stand with their reason, and with what bots called their provider, the most tokens first", () => {
  const met = new UnpricedTokens();
  met.add("sonar", "my-proxy", "unknown_provider", 10);
  met.add("sonar", null, "provider_needed", 3);
  const totals = [
    total("gpt-4o", 9, 10),
    total("o3", 9, 4),
    total("sonar", 20, 0),
    total("llama3:8b", 99, 0),
    total("old", 50, null),
  ];
  const found = unpricedModels(totals, whyUnpriced(met, book, nowMs));
  expect(found).toEqual([
    {
      model: "llama3:8b",
      provider: null,
      reason: "local",
      why: "it runs on a machine of your own; say so with a price of 0 in the config",
      settle: '- { model: "llama3:8b", input: 0, output: 0 }',
      tokens: 100,
    },
    {
      model: "sonar",
      provider: "my-proxy",
      reason: "unknown_provider",
      why: "the table of prices has no such provider",
      settle: expect.stringContaining("sonar"),
      tokens: 21,
    },
    { model: "o3", provider: null, reason: null, why: null, settle: null, tokens: 6 },
  ]);
  expect(unpricedModels(totals, whyUnpriced(null, null, nowMs), 1)).toEqual([
    { model: "llama3:8b", provider: null, reason: null, why: null, settle: null, tokens: 100 },
  ]);
});

test("the store is asked for the models of a period only where the answer does not have them all, and for no percentiles", async () => {
  await using store = await openStore("memory:", { now: () => nowMs });
  const call = { tsMs: nowMs, channel: "a", feature: "chat", tokensIn: 1, tokensOut: 1 };
  const llmUsage = ["sonar", "o3"].map((model) => ({ ...call, model }));
  await store.write({ producer: "bots", epoch: 1, seq: 1, llmUsage });
  const asked = vi.spyOn(store, "usageList");
  const period = { fromMs: nowMs - 1_000, toMs: nowMs + 1_000 };
  const models = async (groupBy: readonly UsageKey[], isWhole: boolean) => {
    const totals = await store.usageTotals({ ...period, groupBy });
    asked.mockClear();
    return [...(await totalsByModel(store, period, { groupBy, totals, isWhole }))].map(({ model }) => model);
  };
  expect(await models(["model"], true)).toEqual(["o3", "sonar"]);
  expect(asked).not.toHaveBeenCalled();
  for (const [groupBy, isWhole] of [
    [["model"], false],
    [["model", "channel"], true],
    [["channel"], true],
    [[], true],
  ] as const) {
    expect(await models(groupBy, isWhole)).toEqual(["o3", "sonar"]);
    expect(asked).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ percentiles: false }));
  }
});

test("the store is not asked for models where the answer says that every token has its cost", async () => {
  await using store = await openStore("memory:", { now: () => nowMs });
  const call = { tsMs: nowMs, channel: "a", feature: "chat", model: "o3", tokensIn: 1, tokensOut: 1 };
  await store.write({ producer: "bots", epoch: 1, seq: 1, llmUsage: [{ ...call, costUsd: 1 }] });
  const asked = vi.spyOn(store, "usageList");
  const period = { fromMs: nowMs - 1_000, toMs: nowMs + 1_000 };
  const models = async () => {
    const totals = await store.usageTotals(period);
    asked.mockClear();
    return [...(await totalsByModel(store, period, { groupBy: [], totals, isWhole: true }))];
  };
  expect(await models()).toEqual([]);
  expect(asked).not.toHaveBeenCalled();
  await store.write({ producer: "bots", epoch: 1, seq: 2, llmUsage: [call] });
  expect(await models()).toHaveLength(1);
  expect(asked).toHaveBeenCalledOnce();
});

test("a reason is gone once another price holds, and stands where the price lacks a rate", () => {
  const met = new UnpricedTokens();
  met.add("sonar", null, "provider_needed", 10);
  met.add("llama3:8b", "ollama", "local", 10);
  met.add("my-embedding", null, "no_token_price", 10);
  const terms = { provider: null, feature: null, like: null, discount: 0, fromMs: null };
  const after = new PriceBook(table, [
    { ...terms, model: "sonar", price: { input: 1, output: 1 } },
    { ...terms, model: "my-embedding", price: { input: 1 } },
    { ...terms, model: "llama3*", feature: "chat", price: { input: 0, output: 0 } },
  ]);
  const why = whyUnpriced(met, after, nowMs);
  expect(["sonar", "llama3:8b", "my-embedding"].map(why)).toMatchObject([
    { provider: null, reason: null },
    { provider: "ollama", reason: "local" },
    { provider: null, reason: "no_token_price" },
  ]);
});

test("names past the bound are counted together, by their reason", () => {
  const met = new UnpricedTokens(2);
  for (const model of ["a", "b", "c", "d"]) met.add(model, null, "local", 2);
  met.add("a", null, "local", 3);
  met.add("e", null, "ambiguous", 7);
  expect([...met].map(({ model, reason, tokens }) => [model, reason, tokens])).toEqual([
    ["a", "local", 5],
    ["b", "local", 2],
    ["other", "local", 4],
    ["other", "ambiguous", 7],
  ]);
});
