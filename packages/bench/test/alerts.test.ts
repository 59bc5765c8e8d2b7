import { expect, test } from "vitest";
import { quickRows } from "./bench-run.js";

test("the benchmark of alerts prints each figure beside its budget, and its ledger has no fault [alerts/A1] [alerts/A7] [alerts/A10]", async () => {
  const rows = await quickRows("alerts");
  const found = (name: RegExp) => {
    const row = [...rows].find(([first]) => name.test(first));
    expect(row, `${name} of ${[...rows.keys()].join("; ")}`).toBeDefined();
    return row?.[1] ?? [];
  };
  const [budget, messages, oneByOne] = found(/^messages about 20 bots/);
  expect([budget, Number(oneByOne)]).toEqual(["4", 40]);
  expect(Number(messages)).toBeGreaterThan(0);
  expect(Number(messages)).toBeLessThanOrEqual(4);
  expect(found(/^bots told as down, as up/).slice(0, 2)).toEqual(["20, 20", "20, 20"]);
  for (const [name, of] of [
    [/^kill to request, `for` and `group_wait` 1.5 s and 1 s/, "55"],
    [/^kill to request, `for` and `group_wait` 0/, "3"],
    [/^a call of the client, µs/, "0.97 x"],
    [/^rows\/s/, "0.97 x"],
    [/^turns of the alerts/, "0.3 %"],
  ] as const) {
    const [first, ...figures] = found(name);
    expect([name, first]).toEqual([name, of]);
    const shown = figures.filter((cell) => cell !== "");
    expect(shown.length, `${name}`).toBeGreaterThan(0);
    for (const figure of shown) expect(Number.parseFloat(figure), `${name}: ${figure}`).toBeGreaterThan(0);
  }
  for (const name of [/^downs without an up/, /^ups without a down/, /^two downs/])
    expect(found(name).slice(0, 2)).toEqual(["0", "0"]);
}, 600_000);
