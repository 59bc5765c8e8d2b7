import { waitForUpdate } from "@pydantic/genai-prices";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PriceBook } from "../../src/cost/price-book.js";
import { PriceFileError, priceFileFrom } from "../../src/cost/price-file.js";
import { loadPriceTable } from "../../src/cost/price-table.js";

const table = await loadPriceTable();
const bundled = (await waitForUpdate()) ?? [];

/** As the published file has it: without the types of its constraints. */
const published = JSON.stringify(bundled, (key, value) => (key === "type" ? undefined : value));

const model = { id: "m", match: { equals: "m" }, prices: { input_mtok: 1, output_mtok: 2 } };
const text = (change: object, of: object = model) =>
  JSON.stringify([{ id: "p", model_match: { contains: "m" }, models: [{ ...of, ...change }] }]);

test("the table as it is published prices every model at each time as the one that comes with the package", () => {
  const { providers, models, version } = priceFileFrom(published);
  expect(models).toBe(table.reduce((sum, provider) => sum + provider.models.length, 0));
  expect(version).toMatch(/^genai-prices data [0-9a-f]{12}$/);
  const [theirs, ours] = [new PriceBook(table), new PriceBook(providers, [], null, version)];
  const priceOf = (book: PriceBook, id: string, provider: string | null, ms: number) => {
    const answer = book.find(id, provider, "").at(ms);
    return typeof answer === "string" ? answer : answer.price;
  };
  let dated = 0;
  for (const { id: provider, models: sold } of table) {
    for (const { id, prices } of sold) {
      dated += Number(prices.length > 1);
      for (const ms of [Date.parse("2025-06-09"), Date.parse("2026-11-26T17:00:00Z")]) {
        expect(priceOf(ours, id, provider, ms), id).toEqual(priceOf(theirs, id, provider, ms));
      }
    }
  }
  expect(dated).toBeGreaterThan(10);
});

test.each([
  ["", "it is no JSON: "],
  ["<!doctype html>", "it is no JSON: "],
  [published.slice(0, -1), "it is no JSON: "],
  ["{}", "$: expected a list"],
  ["[]", "it prices no model"],
  ["[1]", "$[0]: expected an object"],
  ['[{"id":"p","models":{}}]', "$[0].models: expected a list"],
  ['[{"id":"p","models":[]},{"id":"p","models":[]}]', "it prices no model"],
  [
    `[{"id":"p","models":[${JSON.stringify(model)}]},{"id":"p","models":[]}]`,
    'it has the provider "p" twice',
  ],
  [text({ id: 1 }), "$[0].models[0].id: expected a text"],
  [text({ match: {} }), "$[0].models[0].match: expected one of or, and, equals"],
  [
    text({ match: { or: [{ regex: "(" }] } }),
    "$[0].models[0].match.or[0].regex: expected a regular expression",
  ],
  [text({ prices: { input_mtok: -1 } }), "$[0].models[0].prices.input_mtok: expected a number of 0 or more"],
  [text({ prices: { input_mtok: "1" } }), "$[0].models[0].prices.input_mtok: expected a number"],
  [text({ prices: { input_mtok: { base: 1 } } }), "$[0].models[0].prices.input_mtok.tiers: expected a list"],
  [
    text({ prices: { output_mtok: { base: 1, tiers: [{ start: 1 }] } } }),
    "output_mtok.tiers[0].price: expected a number",
  ],
  [text({ prices: [] }), "$[0].models[0].prices: expected one price or more"],
  [
    text({ prices: [{ constraint: { start_date: "soon" }, prices: {} }] }),
    "prices[0].constraint.start_date: expected a day",
  ],
  [
    text({ prices: [{ constraint: { start_time: "8" }, prices: {} }] }),
    "constraint.start_time: expected a time of day",
  ],
  [
    text({ match: JSON.parse(`${'{"or":['.repeat(2_000)}{"equals":"a"}${"]}".repeat(2_000)}`) }),
    "expected less depth",
  ],
])(
  "a file of prices with a fault is refused as a whole, and the fault is named: %.40s",
  (given, sentence) => {
    expect(() => priceFileFrom(given)).toThrow(PriceFileError);
    expect(() => priceFileFrom(given)).toThrow(sentence);
  },
);

test("no file makes it throw anything else, and none that it takes makes a price negative or no number", () => {
  fc.assert(
    fc.property(fc.json(), (given) => {
      try {
        priceFileFrom(given);
      } catch (error) {
        expect(error).toBeInstanceOf(PriceFileError);
      }
    }),
    { numRuns: 500 },
  );
});
