import { expect, test } from "vitest";
import { quickRows } from "./bench-run.js";

test("the benchmark of pricing prints what a row costs beside its budget, and how fast priced rows come [cost/C10]", async () => {
  const rows = await quickRows("server/pricing");
  for (const [name, share] of [
    ["three models at one price each", "100"],
    ["1,024 pairs of a model and a feature, each once in a chunk", "100"],
    ["a model whose price has changed", "100"],
    ["three models without a price", "0.00"],
    ["the bot told the cost", "0.00"],
  ] as const) {
    const [budget, ours = "", bare = "", priced] = rows.get(name) ?? [];
    expect([name, budget, priced]).toEqual([name, "100", `${share} %`]);
    for (const cell of [ours, bare]) expect(Number.parseFloat(cell), `${name}: ${cell}`).toBeGreaterThan(0);
  }
  const [budget, ...figures] = rows.get("rows/s") ?? [];
  expect([budget, figures.length]).toEqual(["0.90 x", 3]);
  for (const cell of figures) expect(Number.parseFloat(cell), cell).toBeGreaterThan(0);
  const [, unpriced, priced] = rows.get("calls with a price") ?? [];
  expect([unpriced, priced]).toEqual(["0.00 % (0.00 % to 0.00 %)", "100 % (100 % to 100 %)"]);
}, 300_000);
