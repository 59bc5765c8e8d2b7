import { calcPrice, waitForUpdate } from "@pydantic/genai-prices";
import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf, priceAt } from "../../src/cost/price.js";
import { loadPriceTable } from "../../src/cost/price-table.js";

const table = await loadPriceTable();

const tokens = fc
  .record({
    tokensIn: fc.oneof(fc.nat(500), fc.nat(3_000_000)),
    tokensOut: fc.nat(200_000),
    cached: fc.double({ min: 0, max: 1, noNaN: true }),
    written: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ tokensIn, tokensOut, cached, written }) => {
    const tokensCached = Math.floor(tokensIn * cached);
    return {
      tokensIn,
      tokensOut,
      tokensCached,
      tokensCacheWrite: Math.floor((tokensIn - tokensCached) * written),
    };
  });
const times = fc.integer({ min: Date.parse("2025-01-01"), max: Date.parse("2026-12-31") });

test("for every model of the table, and any usage at any time, our cost is that of calcPrice [cost/C1]", async () => {
  const providers = (await waitForUpdate()) ?? [];
  let compared = 0;
  for (const [i, provider] of providers.entries()) {
    for (const [j, model] of provider.models.entries()) {
      const ours = table[i]?.models[j];
      expect(ours?.id).toBe(model.id);
      // One that is found by its own id, with nothing else: the search is another test's.
      const alone = {
        ...provider,
        models: [{ ...model, match: { equals: model.id } }],
        fallback_model_providers: [],
      };
      for (const [usage, ms] of fc.sample(fc.tuple(tokens, times), 4)) {
        const cost = costOf(priceAt(ours?.prices ?? [], ms), usage);
        const theirs = calcPrice(
          {
            input_tokens: usage.tokensIn,
            output_tokens: usage.tokensOut,
            cache_read_tokens: usage.tokensCached,
            cache_write_tokens: usage.tokensCacheWrite,
          },
          model.id,
          { provider: alone, timestamp: new Date(ms) },
        );
        if (cost === undefined) continue;
        const expected = theirs?.total_price ?? Number.NaN;
        expect(
          Math.abs(cost - expected),
          `${provider.id}/${model.id} ${JSON.stringify(usage)} ${ms}`,
        ).toBeLessThanOrEqual(1e-9 * expected);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(5_000);
});

test("a call with tokens costs nothing only where the table says 0 for each of them [cost/C2]", () => {
  for (const { models } of table) {
    for (const { prices } of models) {
      for (const { price } of prices) {
        const usage = { tokensIn: 1_000, tokensOut: 1_000, tokensCached: null, tokensCacheWrite: null };
        if (costOf(price, usage) !== 0) continue;
        expect([price.input, price.output]).toEqual([0, 0]);
      }
    }
  }
});

test("no counts make a cost throw, negative or no number [cost/C9]", () => {
  const count = fc.maxSafeNat();
  const prices = table.flatMap(({ models }) =>
    models.flatMap((model) => model.prices.map(({ price }) => price)),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...prices),
      fc.record({
        tokensIn: count,
        tokensOut: count,
        tokensCached: fc.option(count),
        tokensCacheWrite: fc.option(count),
      }),
      (price, usage) => {
        const cost = costOf(price, usage);
        expect(cost === undefined || (Number.isFinite(cost) && cost >= 0)).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a cost beyond the largest number is unknown, as no store takes it", () => {
  const usage = { tokensIn: 1e15, tokensOut: 0, tokensCached: null, tokensCacheWrite: null };
  expect(costOf({ input: 1e308 }, usage)).toBeUndefined();
  expect(costOf({ input: -1 }, usage)).toBeUndefined();
  expect(costOf({ input: 1e6 }, usage)).toBe(1e15);
});
