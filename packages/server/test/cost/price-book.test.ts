import fc from "fast-check";
import { expect, test } from "vitest";
import type { NullReason } from "../../src/cost/null-reason.js";
import { costOf } from "../../src/cost/price.js";
import { type AppliedPrice, PriceBook } from "../../src/cost/price-book.js";
import type { PriceEntry } from "../../src/cost/price-entry.js";
import { loadPriceTable, priceTableVersion } from "../../src/cost/price-table.js";
import { Resolver } from "../../src/cost/resolver.js";
import { priceOf } from "./table-price.js";

const table = await loadPriceTable();
const nowMs = Date.parse("2026-11-26");

function entry(given: Partial<PriceEntry>): PriceEntry {
  return {
    model: "*",
    provider: null,
    feature: null,
    price: null,
    like: null,
    discount: 0,
    fromMs: null,
    ...given,
  };
}

function inputOf(answer: AppliedPrice | NullReason): unknown {
  return typeof answer === "string" ? answer : answer.price.input;
}

const names = fc.oneof(
  fc.constantFrom(
    "gpt-4o",
    "o3",
    "deepseek-chat",
    "llama3:8b",
    "sonar",
    "whisper-1",
    "openai/gpt-4o",
    "gpt-99",
  ),
  fc.constantFrom(...table.flatMap(({ models }) => models.map(({ id }) => id))),
  fc.string({ maxLength: 20 }),
);
const sellers = fc.oneof(
  fc.constant(null),
  fc.constantFrom("openai", "openrouter", "groq", "ollama", "gemini", "litellm", "nobody"),
  fc.string({ maxLength: 8 }),
);
const times = fc.integer({ min: Date.parse("2024-01-01"), max: Date.parse("2027-12-31") });
const patterns = fc.oneof(names, fc.constantFrom("*", "gpt-*", "*o*", "llama3*", "*mini", "**"));
const flatPrices = fc.record({
  input: fc.double({ min: 0, max: 1_000, noNaN: true }),
  output: fc.double({ min: 0, max: 1_000, noNaN: true }),
});
const entries = fc.array(
  fc
    .record({
      model: patterns,
      provider: fc.oneof(fc.constant(null), fc.constantFrom("openai", "google", "*", "local")),
      feature: fc.oneof(fc.constant(null), fc.constantFrom("chat", "batch-*", "*")),
      price: fc.option(flatPrices),
      like: fc.option(names),
      discount: fc.constantFrom(0, 0, 0.5, 0.99),
      fromMs: fc.option(times),
    })
    .map((given) => entry(given)),
  { maxLength: 8 },
);

test("without entries, every name has the price of the table, or the table's reason [cost/C1]", () => {
  const book = new PriceBook(table);
  const resolver = new Resolver(table);
  fc.assert(
    fc.property(names, sellers, fc.string(), times, (model, provider, feature, ms) => {
      const expected = priceOf(resolver.lookUp(model, provider), ms);
      const found = book.find(model, provider, feature).at(ms);
      expect(typeof found === "string" ? found : found.price).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("the operator's price comes before the table's, and says so", () => {
  const book = new PriceBook(table, [entry({ model: "GPT-4o*", price: { input: 1, output: 2 } })]);
  expect(book.find("gpt-4o-mini", null, "chat")).toMatchObject({ isDated: false });
  expect(book.find("gpt-4o-mini", null, "chat").at(nowMs)).toEqual({
    source: "config",
    version: "config",
    provider: null,
    model: "GPT-4o*",
    price: { input: 1, output: 2 },
  });
  expect(book.find("gpt-4", null, "chat").at(nowMs)).toMatchObject({
    source: "table",
    version: priceTableVersion,
    provider: "openai",
    model: "gpt-4",
  });
});

test("of several entries that match, the first one counts", () => {
  const prices = [1, 2, 3].map((input) => ({ input, output: input }));
  const book = new PriceBook(table, [
    entry({ model: "llama3*", provider: "groq", price: prices[0] ?? null }),
    entry({ model: "llama3:8b", price: prices[1] ?? null }),
    entry({ price: prices[2] ?? null }),
  ]);
  expect(inputOf(book.find("llama3:8b", "groq", "a").at(nowMs))).toBe(1);
  expect(inputOf(book.find("llama3:8b", null, "a").at(nowMs))).toBe(2);
  expect(inputOf(book.find("anything", "nobody", "a").at(nowMs))).toBe(3);
});

test("a provider goes by any of its names, and local is whatever runs on a machine of one's own", () => {
  const free = { input: 0, output: 0 };
  const book = new PriceBook(table, [
    entry({ provider: "local", price: free }),
    entry({ provider: "google", price: { input: 7, output: 7 } }),
  ]);
  for (const provider of ["ollama", "vLLM", "lmstudio", "local"]) {
    expect(book.find("llama3:8b", provider, "a").at(nowMs)).toMatchObject({ price: free });
  }
  for (const provider of ["gemini", "vertex_ai", "Google"]) {
    expect(inputOf(book.find("gemini-2.5-flash", provider, "a").at(nowMs))).toBe(7);
  }
  expect(book.find("llama3:8b", null, "a").at(nowMs)).toBe("local");
});

test("an entry of a feature leaves the other features alone, and a discount is taken off what would hold", () => {
  const book = new PriceBook(table, [
    entry({ model: "gpt-4o*", feature: "batch-*", discount: 0.5 }),
    entry({ model: "gpt-4o-mini", price: { input: 4, output: 8, perCall: 0.02 } }),
  ]);
  expect(book.find("gpt-4o", null, "batch-night").at(nowMs)).toMatchObject({
    source: "config",
    version: `config, ${priceTableVersion}`,
    provider: "openai",
    model: "gpt-4o",
    price: { input: 1.25, output: 5, cached: 0.625 },
  });
  expect(inputOf(book.find("gpt-4o", null, "chat").at(nowMs))).toBe(2.5);
  expect(book.find("gpt-4o-mini", null, "batch-1").at(nowMs)).toMatchObject({
    version: "config",
    price: { input: 2, output: 4, perCall: 0.01 },
  });
  // A discount makes no price where there is none.
  expect(new PriceBook(table, [entry({ discount: 0.5 })]).find("gpt-99", null, "a").at(nowMs)).toBe(
    "unknown_model",
  );
});

test("a discount is taken off each tier, and off the price of the call's time [cost/C6]", () => {
  const book = new PriceBook(table, [entry({ discount: 0.5 })]);
  const alone = new PriceBook(table);
  for (const model of ["gemini-2.5-pro", "o3"]) {
    for (const ms of [Date.parse("2025-06-09"), Date.parse("2025-06-11")]) {
      const [half, whole] = [book, alone].map((one) => one.find(model, null, "a").at(ms));
      if (half === undefined || whole === undefined) throw new Error("two books");
      if (typeof half === "string" || typeof whole === "string") throw new Error("no price");
      for (const tokensIn of [1_000, 1_000_000]) {
        const tokens = { tokensIn, tokensOut: 500, tokensCached: 10, tokensCacheWrite: null };
        expect(costOf(half.price, tokens)).toBeCloseTo((costOf(whole.price, tokens) ?? Number.NaN) / 2, 12);
      }
    }
  }
});

test("a model is priced like another of the table, whose provider may be named", () => {
  const book = new PriceBook(table, [
    entry({ model: "mistral-small", like: "mistral/mistral-small-latest" }),
    entry({ model: "my-router", like: "openrouter/openai/gpt-4o" }),
    entry({ model: "r", like: "cohere/command-r", discount: 0.2 }),
  ]);
  expect(book.find("mistral-small", null, "a").at(nowMs)).toMatchObject({
    source: "config",
    provider: "mistral",
    model: "mistral-small-latest",
    price: { input: 0.1, output: 0.3 },
  });
  expect(book.find("my-router", "x", "a").at(nowMs)).toMatchObject({ provider: "openrouter" });
  // Alone it would be ambiguous; here the operator names the provider.
  expect(book.find("r", null, "a").at(nowMs)).toMatchObject({ provider: "cohere", price: { output: 0.48 } });
  expect(book.likeAt("mistral/mistral-smal", nowMs)).toBe("unknown_model");
});

test("entries of one subject are a history whose order does not matter; before it, the table holds [cost/C6]", () => {
  const history = [
    entry({ model: "gpt-4o", price: { input: 5, output: 5 }, fromMs: Date.parse("2026-10-01") }),
    entry({ model: "gpt-4o", price: { input: 6, output: 6 }, fromMs: Date.parse("2026-11-01") }),
  ];
  for (const given of [history, history.toReversed()]) {
    const found = new PriceBook(table, given).find("gpt-4o", null, "a");
    expect(found.isDated).toBe(true);
    const days = ["2026-09-30T23:59:59.999Z", "2026-10-01", "2026-10-31T23:59:59.999Z", "2026-11-01"];
    expect(days.map((day) => inputOf(found.at(Date.parse(day))))).toEqual([2.5, 5, 5, 6]);
  }
});

test("a discount with a date is taken off the earlier price of its history, and a later discount takes its place [cost/C6]", () => {
  const days = ["2026-08-31", "2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01"];
  const [, september, october, november, december] = days.map((day) => Date.parse(day));
  const priceOn = (given: readonly PriceEntry[], model: string) =>
    [given, given.toReversed()].map((order) => {
      const found = new PriceBook(table, order).find(model, null, "a");
      return days.map((day) => inputOf(found.at(Date.parse(day))));
    });
  const ownDiscounts = (model: string) => [
    entry({ model, discount: 0.5, fromMs: october ?? null }),
    entry({ model, discount: 0.25, fromMs: november ?? null }),
  ];
  const own = entry({ model: "mine", price: { input: 1, output: 2 } });
  const ownPrices = [1, 1, 0.5, 0.75, 0.75];
  expect(priceOn([own, ...ownDiscounts("mine")], "mine")).toEqual([ownPrices, ownPrices]);
  // A new price ends a discount, and before the first one the table holds.
  const dated = [
    entry({ model: "gpt-4o", like: "openai/gpt-4o-mini", fromMs: september ?? null }),
    ...ownDiscounts("gpt-4o"),
    entry({ model: "gpt-4o", price: { input: 6, output: 6 }, fromMs: december ?? null }),
  ];
  const like = [2.5, 0.15, 0.075, 0.15 * 0.75, 6];
  expect(priceOn(dated, "gpt-4o")).toEqual([like, like]);
  const ofTable = [2.5, 2.5, 1.25, 1.875, 1.875];
  expect(priceOn(ownDiscounts("gpt-4o"), "gpt-4o")).toEqual([ofTable, ofTable]);
  expect(
    new PriceBook(table, [own, ...ownDiscounts("mine")]).find("mine", null, "a").at(nowMs),
  ).toMatchObject({ source: "config", version: "config", provider: null, model: "mine" });
});

test("the default provider answers where a name alone does not tell, and nowhere else", () => {
  const book = new PriceBook(table, [], "openrouter");
  expect(book.find("cohere/command-r", null, "a").at(nowMs)).toMatchObject({ provider: "openrouter" });
  expect(book.find("openai/gpt-4o", null, "a").at(nowMs)).toMatchObject({ provider: "openai" });
  expect(book.find("gpt-99", null, "a").at(nowMs)).toBe("unknown_model");
  expect(book.find("llama3:8b", null, "a").at(nowMs)).toBe("local");
  const perplexity = new PriceBook(table, [], "perplexity");
  expect(perplexity.find("sonar", null, "a").at(nowMs)).toMatchObject({ provider: "perplexity" });
  expect(perplexity.find("text-embedding-3-small", null, "a").at(nowMs)).toBe("provider_needed");
});

test("no entries and names make it throw; what is not dated is the same at all times [cost/C9]", () => {
  fc.assert(
    fc.property(
      entries,
      fc.option(sellers),
      fc.array(fc.tuple(names, sellers, fc.string({ maxLength: 8 }), times)),
      (given, seller, calls) => {
        const book = new PriceBook(table, given, seller);
        for (const [model, provider, feature, ms] of calls) {
          const found = book.find(model, provider, feature);
          expect(book.find(model, provider, feature)).toBe(found);
          const answer = found.at(ms);
          expect(found.at(ms)).toBe(answer);
          if (!found.isDated)
            for (const other of [0, nowMs, Number.NaN]) expect(found.at(other)).toBe(answer);
          if (typeof answer === "string") continue;
          const cost = costOf(answer.price, {
            tokensIn: 10,
            tokensOut: 10,
            tokensCached: 1,
            tokensCacheWrite: 1,
          });
          if (cost !== undefined) expect(cost).toBeGreaterThanOrEqual(0);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("there is one object for each price, and a price of 0 only where someone said 0 [cost/C2]", () => {
  const book = new PriceBook(table, [entry({ model: "mine-*", price: { input: 0, output: 0 } })]);
  expect(book.find("gpt-4o", null, "a").at(nowMs)).toBe(book.find("GPT-4o", "openai", "b").at(nowMs));
  expect(book.find("mine-1", null, "a").at(nowMs)).toBe(book.find("mine-2", "x", "b").at(nowMs));
  expect(inputOf(book.find("yours-1", null, "a").at(nowMs))).toBe("unknown_model");
});

test("ten thousand findings an hour are remembered, and features that no entry tells apart are one", () => {
  const book = new PriceBook(table, [entry({ model: "gpt-4o", feature: "batch-*", discount: 0.5 })]);
  for (let i = 0; i < 30_000; i++) book.find("gpt-4o", "openai", `chat of user ${i}`);
  expect(inputOf(book.find("gpt-4o", "openai", "chat").at(nowMs))).toBe(2.5);
  for (let i = 0; i < 10_000; i++) book.find(`m${i}`, "nobody", "a");
  expect(book.find("gpt-4", null, "a").at(nowMs)).toBe("too_many_models");
  // One that was known before stays priced.
  expect(inputOf(book.find("gpt-4o", "openai", "chat").at(nowMs))).toBe(2.5);
});

test("names that bots invent leave a new model without a price for an hour at most, and are forgotten [cost/C10]", () => {
  const book = new PriceBook(table);
  const hourMs = 3_600_000;
  const flood = (name: string, ms: number) => {
    for (let i = 0; i < 10_000; i++) book.find(`${name}${i}`, "nobody", "a", ms);
  };
  const used = book.find("gpt-4o-mini", null, "a", 0);
  flood("m", 1);
  const first = book.find("m0", "nobody", "a", 1);
  expect(book.find("gpt-4", null, "a", hourMs - 1).at(nowMs)).toBe("too_many_models");
  expect(inputOf(book.find("gpt-4", null, "a", hourMs).at(nowMs))).toBe(30);
  // What is met in each hour stays the same.
  expect(book.find("gpt-4o-mini", null, "a", hourMs)).toBe(used);
  flood("n", hourMs);
  expect(book.find("gpt-4o-mini", null, "a", 2 * hourMs)).toBe(used);
  flood("o", 2 * hourMs);
  expect(book.find("gpt-4o-mini", null, "a", 2 * hourMs)).toBe(used);
  expect(book.find("n0", "nobody", "a", 2 * hourMs).at(0)).toBe("unknown_provider");
  expect(book.find("m0", "nobody", "a", 2 * hourMs).at(0)).toBe("too_many_models");
  // A clock that was set back is another time, too.
  expect(book.find("m0", "nobody", "a", 0)).not.toBe(first);
});
