import fc from "fast-check";
import { expect, test } from "vitest";
import { StoreError } from "../src/error.js";
import { type LlmUsage, llmUsageRecord } from "../src/llm-usage.js";
import { LlmUsageTable } from "../src/llm-usage-table.js";
import { packBatch, readTables } from "../src/packed-batch.js";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const kinds = { text: name, time: fc.nat(), count: fc.maxSafeNat(), amount };
const usage = fc.record(
  Object.fromEntries(
    llmUsageRecord.list.map(({ name, kind, nullable }): [string, fc.Arbitrary<unknown>] => {
      const value = kinds[kind as keyof typeof kinds];
      return [name, nullable ? fc.option(value as fc.Arbitrary<unknown>) : value];
    }),
  ),
) as fc.Arbitrary<unknown> as fc.Arbitrary<LlmUsage>;
const plain: LlmUsage = {
  ...Object.fromEntries(llmUsageRecord.list.map(({ name }) => [name, null])),
  tsMs: 1,
  channel: "a",
  model: "m",
  feature: "f",
  tokensIn: 1,
  tokensOut: 2,
};

/** What the writer's thread would read of it. */
function unpacked(llmUsage: readonly LlmUsage[] | LlmUsageTable): LlmUsage[] {
  const { llmUsage: table } = readTables(
    packBatch({
      producer: "p",
      epoch: 1,
      seq: 1,
      customMetrics: [{ tsMs: 1, channel: "another", metricName: "m", value: 1 }],
      llmUsage,
    }),
  );
  if (table === undefined) throw new Error("nothing was packed");
  return table.slice();
}

test("holds rows as an array of them would, however they came and whatever it held before", () => {
  fc.assert(
    fc.property(fc.array(fc.array(usage, { maxLength: 12 }), { maxLength: 5 }), (lives) => {
      const table = new LlmUsageTable(12);
      for (const rows of lives) {
        const half = rows.length >> 1;
        table.append(rows.slice(0, half));
        table.append(rows.slice(half));
        expect(table.length).toBe(rows.length);
        expect([...table]).toEqual(rows);
        expect(table.slice(1, 3)).toEqual(rows.slice(1, 3));
        expect(unpacked(table)).toEqual(rows);
        expect(unpacked(rows)).toEqual(rows);
        table.clear();
        expect([...table]).toEqual([]);
      }
    }),
  );
});

test("a row that is wrong is named by its place, and none of those that came with it is added", () => {
  const table = new LlmUsageTable(4);
  table.append([plain]);
  const faults: readonly (readonly [field: string, fault: Partial<Record<keyof LlmUsage, unknown>>])[] = [
    ["channel", { channel: "" }],
    ["model", { model: "\ud800" }],
    ["provider", { provider: 1 }],
    ["tsMs", { tsMs: Number.NaN }],
    ["tokensOut", { tokensOut: 1.5 }],
    ["costUsd", { costUsd: -1 }],
  ];
  for (const [field, fault] of faults) {
    const rows = [plain, { ...plain, ...fault } as LlmUsage];
    expect(() => table.append(rows)).toThrow(StoreError);
    expect(() => table.append(rows)).toThrow(`llmUsage[2].${field}: expected`);
  }
  expect(() => table.append([plain, plain, plain, plain])).toThrow(RangeError);
  expect([...table]).toEqual([plain]);
  expect(() => new LlmUsageTable(0)).toThrow("capacity: expected an integer of at least 1, got 0");
});

test("what a null stood for before it was cleared is gone", () => {
  const table = new LlmUsageTable(1);
  table.append([{ ...plain, provider: "p", costUsd: 1 }]);
  table.clear();
  table.append([plain]);
  expect([...table]).toEqual([plain]);
});

test("names without end leave no more than a few thousand behind", () => {
  const table = new LlmUsageTable(5_000);
  table.append(Array.from({ length: 5_000 }, (_, i) => ({ ...plain, channel: `c${i}` })));
  table.clear();
  table.append([{ ...plain, channel: "c7" }]);
  const batch = packBatch({ producer: "p", epoch: 1, seq: 1, llmUsage: table });
  expect(batch.strings).toEqual(["c7", "m", "f"]);
});
