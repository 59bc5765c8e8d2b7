import { expect, test } from "vitest";
import { ClientLosses } from "../../src/worker/client-losses.js";
import { UsageCounts } from "../../src/worker/usage-counts.js";
import { usageTable } from "../usage-table.js";

function add(
  counts: UsageCounts,
  channel: string,
  model: string,
  feature: string,
  ...tokens: number[]
): void {
  const [tokensIn = 0, tokensOut = 0] = tokens;
  const rows = usageTable({ tsMs: 1, channel, model, feature, tokensIn, tokensOut });
  counts.usageReceived({ rows, from: 0, to: 1 });
}

test("tokens are counted by channel, model and feature, whatever the names are", () => {
  const counts = new UsageCounts();
  add(counts, "a", "m", "f", 1, 2);
  add(counts, "a", "m", "f", 10, 20);
  add(counts, "__proto__", "constructor", "f", 5, 5);
  expect([...counts]).toEqual([
    { channel: "a", model: "m", feature: "f", values: [11, 22] },
    { channel: "__proto__", model: "constructor", feature: "f", values: [5, 5] },
  ]);
});

test("sets of names past the bound are counted together, and no token is lost", () => {
  const counts = new UsageCounts(3);
  for (let n = 0; n < 10; n++) add(counts, `c${n}`, "m", "f", 1, 1);
  add(counts, "c0", "m", "f", 1, 1);
  const all = [...counts];
  expect(all.map(({ channel, values }) => [channel, values[0]])).toEqual([
    ...[
      ["c0", 2],
      ["c1", 1],
      ["c2", 1],
      ["other", 7],
    ],
  ]);
});

test("losses of channels past the bound stay bounded", () => {
  const losses = new ClientLosses(2);
  for (let n = 0; n < 1_000; n++) losses.tell(`c${n}`, 1, n + 1);
  expect([...losses].map(({ channel }) => channel)).toEqual(["c0", "c1", "other"]);
});
