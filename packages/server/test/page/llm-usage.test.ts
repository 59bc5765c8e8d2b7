import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { costText } from "../../page/usage/cost-text.js";
import { totalOf, usageFrom } from "../../page/usage/llm-usage.js";

const row = (calls: number, priced: number, cost: number | null) => ({
  ...{ model: "gpt-5", feature: "chat", calls, errors: 0, tokens_in: 10, tokens_out: 1 },
  ...{ cost_usd: cost, cost_calls: priced },
});

describe("the calls of models", () => {
  test("whose cost nobody told cost ?, never $0, and are at least what some of them told [page/R7]", () => {
    const text = (calls: number, priced: number, cost: number | null) =>
      costText({ calls, pricedCalls: priced, costUsd: cost });
    expect(text(3, 0, null)).toBe("?");
    expect(text(3, 0, 0)).toBe("?");
    expect(text(3, 3, null)).toBe("?");
    expect(text(3, 3, 0)).toBe("$0");
    expect(text(3, 2, 0)).toBe("at least $0");
    expect(text(3, 2, 1.254)).toBe("at least $1.25");
    expect(text(3, 3, 1_234.5)).toBe("$1,234.50");
    expect(text(3, 3, 0.001_23)).toBe("$0.0012");
    expect(text(3, 3, 0.000_000_1)).toBe("under $0.0001");
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
            expect(text.startsWith("at least")).toBe(one.pricedCalls > 0 && one.pricedCalls < one.calls);
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
