import { createServer } from "node:net";
import type { LlmUsage, LlmUsageTable } from "@kissbot/store";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { nullReasons } from "../../src/cost/null-reason.js";
import { costOf } from "../../src/cost/price.js";
import { PriceBook } from "../../src/cost/price-book.js";
import { loadPriceTable, priceTableVersion } from "../../src/cost/price-table.js";
import { Pricer } from "../../src/cost/pricer.js";
import { usageTable } from "../usage-table.js";

const table = await loadPriceTable();
const nowMs = Date.parse("2026-11-26T12:00:00Z");
const free = { model: "llama3*", provider: null, feature: null, like: null, discount: 0, fromMs: null };
const book = new PriceBook(table, [{ ...free, price: { input: 0, output: 0 } }]);

const call: LlmUsage = {
  tsMs: nowMs,
  channel: "a",
  model: "gpt-4o",
  feature: "chat",
  tokensIn: 1_000_000,
  tokensOut: 100_000,
};

function priced(...changes: Partial<LlmUsage>[]): { rows: LlmUsageTable; pricer: Pricer } {
  const pricer = new Pricer({ book: () => book, nowMs: () => nowMs });
  const rows = usageTable(...changes.map((change) => ({ ...call, ...change })));
  pricer.usageReceived({ rows, from: 0, to: rows.length });
  return { rows, pricer };
}

const costs = (rows: LlmUsageTable) => rows.slice().map(({ costUsd }) => costUsd);

test("a call without a cost gets that of its price, and the price is kept word for word", () => {
  const { rows, pricer } = priced({}, { tokensCached: 400_000 }, { model: "llama3:8b" });
  expect(costs(rows)).toEqual([3.5, 3, 0]);
  const [first, second, third] = rows.slice();
  expect(second?.priceId).toBe(first?.priceId);
  expect(first?.priceId).toBeLessThan(2 ** 48);
  const records = pricer.applied.recordsOf(rows);
  expect(records).toMatchObject([
    { source: "table", version: priceTableVersion, provider: "openai", model: "gpt-4o", firstUsedMs: nowMs },
    {
      source: "config",
      version: "config",
      provider: null,
      model: "llama3*",
      priceJson: '{"input":0,"output":0}',
    },
  ]);
  expect(records.map(({ priceId }) => priceId)).toEqual([first?.priceId, third?.priceId]);
  expect(JSON.parse(records[0]?.priceJson ?? "")).toMatchObject({ input: 2.5, output: 10, cached: 1.25 });
  // Another run gives it the same number.
  expect(priced({}).rows.slice()[0]?.priceId).toBe(first?.priceId);
  expect([
    pricer.applied.sourceOf(first?.priceId ?? 0),
    pricer.applied.sourceOf(third?.priceId ?? 0),
  ]).toEqual(["table", "config"]);
});

test("what a bot told is never changed, whatever it told of whatever model [cost/C5]", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          costUsd: fc.oneof(fc.constantFrom(0, 1e-12, 1e308), fc.double({ min: 0, max: 1e9, noNaN: true })),
          model: fc.constantFrom("gpt-4o", "llama3:8b", "sonar", "no such", "o3"),
          provider: fc.constantFrom(null, "openai", "openrouter", "ollama"),
        }),
        { minLength: 1, maxLength: 20 },
      ),
      (told) => {
        const { rows, pricer } = priced(...told);
        expect(costs(rows)).toEqual(told.map(({ costUsd }) => costUsd));
        expect(rows.slice().every(({ priceId }) => priceId === null)).toBe(true);
        expect([...pricer.unpriced]).toEqual([]);
      },
    ),
  );
});

test("no call with tokens gets a cost of 0 but by a price of 0, and what has no price stays unknown with its reason [cost/C2] [cost/C3]", () => {
  const { rows, pricer } = priced(
    { model: "deepseek-r1:7b" },
    { model: "whisper-1" },
    { model: "meta-llama/Llama-3.1-8B-Instruct" },
    { model: "gpt-99", provider: "openai" },
    { model: "gpt-99", provider: "openai", tokensIn: 5, tokensOut: 0 },
    { model: "llama3:8b" },
    { tokensIn: 0, tokensOut: 0, error: "rate_limit" },
  );
  expect(costs(rows)).toEqual([null, null, null, null, null, 0, null]);
  const [local, spoken, maker, unknown] = pricer.unpriced;
  const all = 1_100_000;
  expect([local, spoken, maker]).toMatchObject([
    { model: "deepseek-r1:7b", provider: null, reason: "local", tokens: all },
    { model: "whisper-1", reason: "no_token_price", tokens: all },
    { reason: "provider_needed", tokens: all },
  ]);
  expect(unknown).toEqual({ model: "gpt-99", provider: "openai", reason: "unknown_model", tokens: all + 5 });
});

test("a model that came in among too many names has its price once their hour is over [cost/C10]", () => {
  let passedMs = 0;
  const flooded = new PriceBook(table);
  const pricer = new Pricer({ book: () => flooded, nowMs: () => nowMs + passedMs });
  for (let i = 0; i < 10_000; i++) flooded.find(`m${i}`, "nobody", "a", nowMs);
  // All have the names of one table, as those of a calm queue have.
  const rows = usageTable(call, call, call, call);
  for (const [i, ms] of [0, 3_599_999, 3_600_000, 3_600_000].entries()) {
    passedMs = ms;
    pricer.usageReceived({ rows, from: i, to: i + 1 });
  }
  expect(costs(rows)).toEqual([null, null, 3.5, 3.5]);
  expect([...pricer.unpriced]).toMatchObject([{ reason: "too_many_models", tokens: 2_200_000 }]);
});

test("each call has the price of its own time, among others of its model in one batch [cost/C6]", () => {
  const days = ["2025-06-09", "2025-06-11", "2025-06-09"].map((day) => Date.parse(`${day}T12:00:00Z`));
  const { rows, pricer } = priced(...days.map((tsMs) => ({ tsMs, model: "o3", tokensOut: 0 })));
  expect(costs(rows)).toEqual([10, 2, 10]);
  expect(pricer.applied.recordsOf(rows)).toHaveLength(2);
});

test("pricing throws for no row, prints nothing and asks no network [cost/C9]", () => {
  const prints = (["log", "info", "warn", "error", "debug"] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => undefined),
  );
  const asked = vi.spyOn(globalThis, "fetch");
  const opened = vi.spyOn(createServer().constructor.prototype, "listen");
  const name = fc.oneof(
    fc.string({ minLength: 1, unit: "grapheme" }),
    fc.constantFrom("gpt-4o", "sonar", "__proto__", "o3"),
  );
  const count = fc.oneof(fc.nat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER));
  const row = fc.record({
    model: name,
    feature: name,
    provider: fc.option(name),
    tsMs: fc.integer({ min: 0, max: 253_402_300_799_999 }),
    tokensIn: count,
    tokensOut: count,
    tokensCached: fc.option(count),
    tokensCacheWrite: fc.option(count),
    error: fc.option(fc.constant("timeout")),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 10 }), (changes) => {
      const { rows, pricer } = priced(...changes);
      for (const { costUsd, priceId, tokensIn, tokensOut } of rows) {
        expect(costUsd === null).toBe(priceId === null);
        if (costUsd === 0 && tokensIn + tokensOut > 0) {
          const record = pricer.applied.recordsOf(rows).find((one) => one.priceId === priceId);
          const price = JSON.parse(record?.priceJson ?? "");
          expect(costOf(price, { tokensIn, tokensOut, tokensCached: null, tokensCacheWrite: null })).toBe(0);
        }
      }
    }),
  );
  for (const spy of [...prints, asked, opened]) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

test("models without a price past the bound are counted by their reasons, and no token is lost", () => {
  const pricer = new Pricer({ book: () => book, nowMs: () => nowMs }, 3);
  const names = Array.from({ length: 10 }, (_, i) => `mine-${i}:7b`);
  const rows = usageTable(...names.map((model) => ({ ...call, model, tokensIn: 10, tokensOut: 0 })));
  pricer.usageReceived({ rows, from: 0, to: rows.length });
  const counts = [...pricer.unpriced];
  expect(counts.map(({ model, tokens }) => [model, tokens])).toEqual([
    ...names.slice(0, 3).map((model) => [model, 10]),
    ["other", 70],
  ]);
  expect(pricer.unpriced.of("mine-1:7b")).toMatchObject({ reason: "local" });
  expect(Object.keys(nullReasons)).toContain(counts[3]?.reason);
});

test("features make no kinds of their own while no price depends on them, and going between tables finds nothing anew [cost/C10]", () => {
  const plain = new PriceBook(table);
  const dear = new PriceBook(table, [
    { ...free, model: "gpt-4o", feature: "batch-*", price: { input: 1, output: 1 } },
  ]);
  let current = plain;
  const pricer = new Pricer({ book: () => current, nowMs: () => nowMs });
  const tables = ["chat", "batch"].map((name) =>
    usageTable(
      ...Array.from({ length: 1_000 }, (_, i) => ({
        ...call,
        model: i % 2 === 0 ? "gpt-4o" : "gpt-4o-mini",
        feature: `${name}-${i}`,
      })),
    ),
  );
  const priceAll = () => {
    for (const rows of tables) {
      for (let row = 0; row < rows.length; row++) rows.columns.costUsd.set(row, null);
      pricer.usageReceived({ rows, from: 0, to: rows.length });
    }
    return tables.map((rows) => costs(rows)[0]);
  };
  const found = vi.spyOn(plain, "find");
  for (let i = 0; i < 3; i++) expect(priceAll()).toEqual([3.5, 3.5]);
  expect(found).toHaveBeenCalledTimes(4);
  current = dear;
  expect(priceAll()).toEqual([3.5, 1.1]);
  current = plain;
  expect(priceAll()).toEqual([3.5, 3.5]);
});
