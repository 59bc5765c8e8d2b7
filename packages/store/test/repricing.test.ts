import { type LlmUsage, openStore, type Store } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";

const startMs = Date.UTC(2026, 4, 20, 10);
const day = { fromMs: Date.UTC(2026, 4, 20), toMs: Date.UTC(2026, 4, 21) };

/** A call, whether the bot told its cost, and whether the rollup comes behind it. */
const calls = fc.array(
  fc.record({
    hour: fc.nat(2),
    model: fc.constantFrom("a", "b"),
    tokens: fc.nat(1_000),
    cost: fc.integer({ min: 0, max: 64 }),
    isTold: fc.boolean(),
    isRolledUp: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

const priceId = 7;

async function totalsOf(store: Store): Promise<unknown> {
  const totals = await store.usageTotals({ ...day, groupBy: ["hour", "model"] });
  return totals.map(
    ({ tsMs, model, calls: count, costUsd, costCalls, costToldUsd, costTokens, costCoverage }) => ({
      tsMs,
      model,
      count,
      costUsd,
      costCalls,
      costToldUsd,
      costTokens,
      costCoverage,
    }),
  );
}

test("repricing gives the sums that the prices would have given, whenever it is done, and twice as well [cost/C8] [cost/C7]", async () => {
  await fc.assert(
    fc.asyncProperty(calls, fc.boolean(), async (given, isRolledUpLater) => {
      using folder = new TemporaryFolder("store");
      await using early = await openStore("memory:");
      await using late = await openStore(folder.file("late.db"));
      for (const [seq, { hour, model, tokens, cost, isTold, isRolledUp }] of given.entries()) {
        const call: LlmUsage = {
          tsMs: startMs + hour * 3_600_000,
          channel: "c",
          model,
          feature: "f",
          tokensIn: tokens,
          tokensOut: 1,
          provider: "p",
        };
        const id = { producer: "p", epoch: 1, seq };
        // Sixty-fourths add up exactly, in any order.
        const costUsd = cost / 64;
        const whole = isTold ? { ...call, costUsd } : { ...call, costUsd, priceId };
        await early.write({ ...id, llmUsage: [whole] });
        await late.write({ ...id, llmUsage: [isTold ? whole : call] });
        if (isRolledUp) await late.maintain();
      }
      const { rows } = await late.usagePage({ limit: 100 });
      const repricings = rows.map(({ id }) => ({
        usageId: id,
        costUsd: (given[id - 1]?.cost ?? 0) / 64,
        priceId,
      }));
      for (const seq of [100, 101]) {
        await late.write({ producer: "p", epoch: 1, seq, repricings });
        expect(await totalsOf(late)).toEqual(await totalsOf(early));
      }
      if (isRolledUpLater) await late.maintain();
      await early.maintain();
      expect(await totalsOf(late)).toEqual(await totalsOf(early));
    }),
    { numRuns: 8 },
  );
}, 120_000);
