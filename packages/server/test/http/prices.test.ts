import { expect, test } from "vitest";
import { CurrentPrices } from "../../src/cost/current-prices.js";
import { PriceBook } from "../../src/cost/price-book.js";
import { loadPriceTable, priceTableVersion } from "../../src/cost/price-table.js";
import { Served } from "./served.js";

const free = { input: 0, output: 0 };
const entry = {
  model: "mine*",
  provider: null,
  feature: "chat",
  price: free,
  like: null,
  discount: 0,
  fromMs: null,
};
const table = await loadPriceTable();
const book = new PriceBook(table, [entry], "openrouter");

async function priceOf(served: Served, query: string) {
  const { status, body } = await served.ask(`/api/v1/prices?${query}`);
  return { status, ...(body as object) };
}

test("a model's price is told with whose it is, at the time that is asked for", async () => {
  await using served = await Served.start({ prices: new CurrentPrices(book) });
  expect(await priceOf(served, "model=o3&provider=openai&at=2025-06-09T00:00:00Z")).toMatchObject({
    status: 200,
    version: priceTableVersion,
    default_provider: "openrouter",
    at: "2025-06-09T00:00:00.000000+00:00",
    price: { model: "o3", provider: "openai", source: "table", priced_as: "openai/o3", price: { input: 10 } },
  });
  expect(await priceOf(served, "model=mine-1&feature=chat")).toMatchObject({
    price: { source: "config", priced_as: "mine*", price: free, reason: null, why: null, settle: null },
  });
  expect(await priceOf(served, "model=gemini-2.5-pro")).toMatchObject({
    price: { price: { input: { base: 1.25, tiers: [{ start: 200_000, price: 2.5 }] } } },
  });
  expect(await priceOf(served, "")).toMatchObject({ status: 200, price: null });
});

test("a model without a price has the reason, and the line of the config that settles it [cost/C3]", async () => {
  await using served = await Served.start({ prices: new CurrentPrices(book) });
  expect(await priceOf(served, "model=llama3:8b")).toMatchObject({
    price: {
      source: null,
      priced_as: null,
      price: null,
      reason: "local",
      why: expect.stringContaining("a machine of your own"),
      settle: '- { model: "llama3:8b", input: 0, output: 0 }',
    },
  });
});

test("asking for many models leaves the monitor's own memory of models alone", async () => {
  const own = new PriceBook(table);
  await using served = await Served.start({ prices: new CurrentPrices(own) });
  for (let i = 0; i < 50; i++) await priceOf(served, `model=m${i}`);
  for (let i = 0; i < 10_000; i++) own.find(`n${i}`, "nobody", "a");
  expect(own.find("n9999", "nobody", "a").at(0)).toBe("unknown_provider");
  expect(own.find("n10000", "nobody", "a").at(0)).toBe("too_many_models");
});

test("before the prices are read it is busy, and other parameters are refused", async () => {
  await using served = await Served.start({ prices: new CurrentPrices(null) });
  expect(await priceOf(served, "model=o3")).toMatchObject({ status: 503, error: { code: "busy" } });
  expect(await priceOf(served, "modle=o3")).toMatchObject({
    status: 400,
    error: { code: "unknown_parameter" },
  });
  expect(await priceOf(served, "model=o3&at=soon")).toMatchObject({ status: 400 });
});
