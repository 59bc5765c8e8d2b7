import { usageErrors } from "@kissbot/store";
import { describe, expect, test } from "vitest";
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
  const counts = new UsageCounts(() => "table");
  add(counts, "a", "m", "f", 1, 2);
  add(counts, "a", "m", "f", 10, 20);
  add(counts, "__proto__", "constructor", "f", 5, 5);
  expect([...counts]).toMatchObject([
    { channel: "a", model: "m", feature: "f" },
    { channel: "__proto__", model: "constructor", feature: "f" },
  ]);
  expect([...counts].map(({ values }) => values.slice(0, 2))).toEqual([
    [11, 22],
    [5, 5],
  ]);
});

test("calls are counted by how they ended", () => {
  const counts = new UsageCounts(() => "table");
  const names = { channel: "a", model: "m", feature: "f" };
  const call = { ...names, tsMs: 1, tokensIn: 0, tokensOut: 0 };
  const errors = [null, "rate_limit", null, "other", "rate_limit", ...usageErrors];
  const rows = usageTable(...errors.map((error) => ({ ...call, error })));
  counts.usageReceived({ rows, from: 0, to: errors.length });
  const family = counts.families.find(({ name }) => name === "kissbot_llm_calls_total");
  const values = [...counts].flatMap((one) => one.values.slice(2, 2 + (family?.values.length ?? 0)));
  const outcomes = family?.values.map((outcome, i) => [outcome, values[i]]);
  const expected = usageErrors.map((error) => [error, { rate_limit: 3, other: 2 }[error as string] ?? 1]);
  expect(outcomes).toEqual([["ok", 2], ...expected]);
});

test("known cost is counted by whose word it is, and an unknown one not at all [cost/C2]", () => {
  const counts = new UsageCounts((priceId) => (priceId === 7 ? "config" : "table"));
  const call = { channel: "a", model: "m", feature: "f", tokensIn: 1, tokensOut: 1, tsMs: 1 };
  const rows = usageTable(
    { ...call, costUsd: 0.5 },
    { ...call, costUsd: 0.25, priceId: 7 },
    { ...call, costUsd: 2, priceId: 8 },
    { ...call, costUsd: 1, priceId: 8 },
    call,
  );
  counts.usageReceived({ rows, from: 0, to: 5 });
  const family = counts.families.at(-1);
  expect(family).toMatchObject({ name: "kissbot_llm_cost_usd_total", label: "source" });
  expect(family?.values.map((source, i) => [source, [...counts][0]?.values.slice(-3)[i]])).toEqual([
    ["told", 0.5],
    ["config", 0.25],
    ["table", 3],
  ]);
});

test("sets of names past the bound are counted together, and no token is lost", () => {
  const counts = new UsageCounts(() => "table", 3);
  for (let n = 0; n < 10; n++) add(counts, `c${n}`, "m", "f", 1, 1);
  add(counts, "c0", "m", "f", 1, 1);
  const all = [...counts];
  expect(all.map(({ channel, values }) => [channel, values[0]])).toEqual([
    ["c0", 2],
    ["c1", 1],
    ["c2", 1],
    ["other", 7],
  ]);
});

test("two thousand sets have a line of their own, unless somebody says otherwise", () => {
  const counts = new UsageCounts(() => "table");
  for (let n = 0; n < 2_010; n++) add(counts, `c${n}`, "m", "f", 1, 2);
  const all = [...counts];
  expect(all).toHaveLength(2_001);
  expect(all.at(-1)).toMatchObject({ channel: "other", model: "other", feature: "other" });
  expect(all.at(-1)?.values.slice(0, 2)).toEqual([10, 20]);
});

test("names that are other all over are counted with the rest, not beside it", () => {
  const counts = new UsageCounts(() => "table", 2);
  for (const channel of ["other", "a", "b", "c"]) {
    const name = channel === "other" ? "other" : "m";
    add(counts, channel, name, name, 1, 1);
  }
  expect([...counts].map(({ channel, values }) => [channel, values[0]])).toEqual([
    ["a", 1],
    ["b", 1],
    ["other", 2],
  ]);
});

test("a channel that is forgotten makes room for others; what was counted as other stays [server/F14]", () => {
  const counts = new UsageCounts(() => "table", 2);
  for (const channel of ["a", "b", "c"]) add(counts, channel, "m", "f", 1, 1);
  counts.botForgotten({ channel: "a" });
  counts.botForgotten({ channel: "c" });
  add(counts, "d", "m", "f", 5, 5);
  add(counts, "a", "m", "f", 2, 2);
  expect([...counts].map(({ channel, values }) => [channel, values[0]])).toEqual([
    ["b", 1],
    ["d", 5],
    ["other", 3],
  ]);
});

describe("what clients say that they lost", () => {
  test("is summed up under `other` for the channels past the bound [server/F17]", () => {
    const losses = new ClientLosses({ maxChannels: 2 });
    for (let n = 0; n < 102; n++) losses.countDropped(`c${n}`, 1, 5);
    expect([...losses]).toEqual([
      { channel: "c0", dropped: 5 },
      { channel: "c1", dropped: 5 },
      { channel: "other", dropped: 500 },
    ]);
    losses.countDropped("c50", 1, 6);
    losses.countDropped("c51", 1, 30);
    losses.countDropped("c52", 1, 5);
    losses.countDropped("c53", 2, 1);
    expect([...losses].at(-1)).toEqual({ channel: "other", dropped: 500 + 1 + 25 + 1 });
  });

  test("is known for two thousand channels, and for one that is called other with the rest", () => {
    const losses = new ClientLosses();
    losses.countDropped("other", 1, 4);
    for (let n = 0; n < 2_010; n++) losses.countDropped(`c${n}`, 1, 3);
    expect([...losses]).toHaveLength(2_001);
    expect([...losses].at(-1)).toEqual({ channel: "other", dropped: 34 });
  });

  test("counts once for each of two processes that claim one channel in turns [server/F17]", () => {
    const losses = new ClientLosses();
    for (let n = 0; n < 10; n++) for (const pid of [1, 2]) losses.countDropped("a", pid, 5);
    expect([...losses]).toEqual([{ channel: "a", dropped: 10 }]);
    losses.countDropped("a", 3, 0);
    losses.countDropped("a", 1, 7);
    expect([...losses]).toEqual([{ channel: "a", dropped: 12 }]);
  });

  test("begins anew where a process counts less than before", () => {
    const losses = new ClientLosses();
    for (const dropped of [4, 1, 3]) losses.countDropped("a", 1, dropped);
    expect([...losses]).toEqual([{ channel: "a", dropped: 7 }]);
  });

  test("is forgotten with its channel, whose place is free, while `other` never goes back [server/F17]", () => {
    const losses = new ClientLosses({ maxChannels: 1 });
    for (const channel of ["a", "b", "c"]) losses.countDropped(channel, 1, 3);
    losses.botForgotten({ channel: "a" });
    losses.botForgotten({ channel: "b" });
    losses.countDropped("d", 1, 2);
    losses.countDropped("c", 1, 4);
    expect([...losses]).toEqual([
      { channel: "d", dropped: 2 },
      { channel: "other", dropped: 7 },
    ]);
  });

  test("is remembered for so many channels only", () => {
    const losses = new ClientLosses({ maxChannels: 1, maxKnown: 3 });
    for (let n = 0; n < 1_000; n++) losses.countDropped(`c${n}`, 1, 1);
    losses.countDropped("c999", 1, 3);
    expect([...losses]).toEqual([
      { channel: "c0", dropped: 1 },
      { channel: "other", dropped: 999 + 2 },
    ]);
  });
});
