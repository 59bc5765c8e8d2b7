import { expect, test } from "vitest";
import { dollarText } from "../../page/usage/cost-text.js";
import { costSummary, type UnpricedTotal } from "../../src/cli/cost-summary.js";
import { textWidth } from "../../src/cli/text-width.js";
import { usdText } from "../../src/cost/budget-text.js";

const local: UnpricedTotal = { model: "llama3:8b", provider: null, reason: "local", tokens: 3_100_000 };
const unpriced: readonly UnpricedTotal[] = [
  local,
  { model: "sonar", provider: null, reason: "provider_needed", tokens: 20_000 },
  { model: "mistral-small", provider: "mistral", reason: "unknown_model", tokens: 900 },
  { model: "o3", provider: null, reason: null, tokens: 5 },
];
const part = { cost_usd: 12.4, cost_coverage: 0.93 };

test("the summary of the cost says what is known, of how much, and what has no price, in 80 columns [cost/C7]", () => {
  expect(costSummary(part, unpriced, 80)).toBe(
    "$12.40 · cost of 93 % of tokens known\nunpriced: llama3:8b (local, 3.1M), sonar (name its provider, 20K), 2 more",
  );
  expect(costSummary(part, [local], 80)).toBe(
    "$12.40 · cost of 93 % of tokens known · unpriced: llama3:8b (local, 3.1M)",
  );
  expect(costSummary(part, unpriced, null)).toBe(
    "$12.40 · cost of 93 % of tokens known · unpriced: llama3:8b (local, 3.1M), sonar (name its provider, 20K), " +
      "mistral-small by mistral (unknown model, 900), o3 (priced since, 5)",
  );
  expect(costSummary({ cost_usd: 3, cost_coverage: 1 }, [], 80)).toBe("$3.00 · cost of all tokens known");
  expect(costSummary({ cost_usd: null, cost_coverage: 0 }, [local], 80)).toBe(
    "cost unknown · cost of no token known · unpriced: llama3:8b (local, 3.1M)",
  );
  expect(costSummary({ cost_usd: 3, cost_coverage: null }, [], 80)).toBe("$3.00");
  for (const columns of [80, 60, 40, 20, 1]) {
    for (const line of costSummary(part, unpriced, columns).split("\n")) {
      expect(textWidth(line)).toBeLessThanOrEqual(columns);
    }
  }
});

test("a sum reads the same in usage, in budgets, in their alerts and on the page [cost/C12]", () => {
  for (const [usd, text] of [
    [43.058, "$43.06"],
    [43.054, "$43.05"],
    [0.996, "$1.00"],
    [1_234.5, "$1,234.50"],
  ] as const) {
    expect(costSummary({ cost_usd: usd, cost_coverage: null }, [], 80)).toBe(text);
    expect([usdText(usd), dollarText(usd)]).toEqual([text, text]);
  }
  expect(usdText(0.001_26)).toBe("$0.0013");
});

test("no share is rounded to all or none, and no name moves the cursor", () => {
  expect(costSummary({ cost_usd: 1, cost_coverage: 0.9999 }, [], 80)).toContain("of 99 %");
  expect(costSummary({ cost_usd: 1, cost_coverage: 0.0001 }, [], 80)).toContain("of 1 %");
  const line = costSummary(part, [{ ...local, model: "a\u001b[2Jb", provider: "\u202ec" }], null);
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
