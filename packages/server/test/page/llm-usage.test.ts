import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costText, coverageText, unpricedText } from "../../page/usage/cost-text.js";
import { totalOf, usageFrom } from "../../page/usage/llm-usage.js";

/** Eleven tokens for each call; an older monitor tells no tokens whose cost is known. */
const row = (calls: number, priced: number, cost: number | null, isOld = false) => ({
  model: "gpt-5",
  feature: "chat",
  calls,
  errors: 0,
  tokens_in: 10 * calls,
  tokens_out: calls,
  cost_usd: cost,
  cost_calls: priced,
  ...(isOld ? {} : { cost_tokens: 11 * priced }),
});

describe("the calls of models", () => {
  test("whose cost nobody told cost ?, never $0, and are at least what some of them told [page/R7]", () => {
    const text = (calls: number, priced: number, cost: number | null) =>
      costText(totalOf(usageFrom({ usage: [row(calls, priced, cost)] }).rows));
    expect(text(3, 0, null)).toBe("?");
    expect(text(3, 0, 0)).toBe("?");
    expect(text(3, 3, null)).toBe("?");
    expect(text(3, 3, 0)).toBe("$0");
    expect(text(3, 2, 0)).toBe("at least $0");
    expect(text(3, 2, 1.254)).toBe("at least $1.25");
    expect(text(3, 3, 1_234.5)).toBe("$1,234.50");
    expect(text(3, 3, 0.001_23)).toBe("$0.0012");
    expect(text(3, 3, 0.000_000_1)).toBe("under $0.0001");
    expect(text(10, 8, 1.25)).toBe("$1.25");
    expect(text(10, 8, 0)).toBe("at least $0");
  });

  test("have a cost that is known of a share of the tokens, else of the calls, and at least below 80 % of it [page/R7]", () => {
    const sum = (...rows: readonly object[]) => totalOf(usageFrom({ usage: rows }).rows);
    const texts = (...rows: readonly object[]) => [coverageText(sum(...rows)), costText(sum(...rows))];
    // One call of a hundred has nearly all of the tokens, and no price.
    const large = { ...row(1, 0, null), tokens_in: 9_000 };
    expect(texts(row(99, 99, 5), large)).toEqual(["11 % of tokens", "at least $5.00"]);
    expect(texts(row(99, 99, 5), row(1, 0, null))).toEqual(["99 % of tokens", "$5.00"]);
    expect(unpricedText(sum(row(99, 99, 5), row(1, 0, null)))).toBe("cost of 99 % of tokens known");
    expect(unpricedText(sum(row(99, 99, 5)))).toBe(null);
    // What one part of the sum does not tell, nobody knows of the whole.
    expect(texts(row(3, 2, 1, true))).toEqual(["67 % of calls", "at least $1.00"]);
    expect(texts(row(99, 99, 5), row(1, 0, null, true))).toEqual(["99 % of calls", "$5.00"]);
    expect(texts({ ...row(4, 1, 5), tokens_in: null, tokens_out: null })).toEqual([
      "25 % of calls",
      "at least $5.00",
    ]);
    expect(texts()[0]).toBe("");
  });

  test("show a cost of 0 only where each call told that it cost nothing [page/R7]", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc
            .tuple(
              fc.integer({ min: 1, max: 9 }),
              fc.nat({ max: 9 }),
              fc.double({ min: 0, max: 9, noNaN: true }),
            )
            .map(([calls, priced, cost]) => row(calls, Math.min(calls, priced), priced === 0 ? null : cost)),
          { minLength: 1 },
        ),
        (usage) => {
          const { rows } = usageFrom({ usage });
          for (const one of [...rows, totalOf(rows)]) {
            const text = costText(one);
            if (text === "$0") expect([one.costUsd, one.pricedCalls]).toEqual([0, one.calls]);
            expect(text === "?").toBe(one.pricedCalls === 0);
            const isSure =
              one.costUsd === 0 ? one.pricedCalls === one.calls : one.pricedCalls >= 0.8 * one.calls;
            expect(text.startsWith("at least")).toBe(one.pricedCalls > 0 && !isSure);
          }
          const total = totalOf(rows);
          expect(total.calls).toBe(usage.reduce((sum, { calls }) => sum + calls, 0));
          expect(total.pricedCalls).toBe(usage.reduce((sum, { cost_calls }) => sum + cost_calls, 0));
        },
      ),
    );
  });

  test("are none where the answer has none, and say where they are not all [page/R7]", () => {
    expect(usageFrom({})).toEqual({ rows: [], isTruncated: false });
    expect(usageFrom({ usage: [row(1, 0, 0)], truncated: true })).toMatchObject({
      isTruncated: true,
      rows: [{ costUsd: null }],
    });
  });
});
