import { type LlmUsage, LlmUsageTable } from "@kissbot/store";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RowGathering } from "../../src/worker/row-gathering.js";
import { usageTable } from "../usage-table.js";

/** With null for what it does not have, as it comes back. */
const row = (n: number): LlmUsage => ({
  ...Object.fromEntries(new LlmUsageTable(1).record.list.map(({ name }) => [name, null])),
  tsMs: n,
  channel: `c${n % 7}`,
  model: "m",
  feature: "f",
  tokensIn: n,
  tokensOut: 0,
});

test("gives every row once, in order, whenever it is taken and whichever tables come back", () => {
  const step = fc.oneof(
    fc.nat(700).map((count) => ({ count })),
    fc.constant("take" as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, returned) => {
      const gathering = new RowGathering(LlmUsageTable, 1_000, 2);
      const given: number[] = [];
      let n = 0;
      const take = () => {
        const table = gathering.takeTable();
        expect(gathering.length).toBe(0);
        given.push(...[...(table ?? [])].map(({ tokensIn }) => tokensIn));
        if (returned) gathering.giveBack(table ?? undefined);
      };
      for (const one of steps) {
        if (one === "take") take();
        else
          for (let i = 0; i < one.count; i++) {
            gathering.addRows(usageTable(row(n++)), 0, 1);
            expect(gathering.room).toBe(1_000 - gathering.length);
            if (gathering.room === 0) take();
          }
      }
      take();
      expect(given).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
    { numRuns: 50 },
  );
});

test("a table that came back is used again, as long as no more wait than may", () => {
  const gathering = new RowGathering(LlmUsageTable, 10, 1);
  const tables = [1, 2, 3].map((n) => {
    gathering.addRows(usageTable(row(n)), 0, 1);
    return gathering.takeTable() as LlmUsageTable;
  });
  for (const table of tables) gathering.giveBack(table);
  const next = [4, 5, 6].map((n) => {
    gathering.addRows(usageTable(row(n)), 0, 1);
    return gathering.takeTable() as LlmUsageTable;
  });
  // The first was begun before any came back.
  expect(next.map((table) => tables.indexOf(table))).toEqual([-1, 0, -1]);
  expect([...(next[1] as LlmUsageTable)]).toEqual([row(5)]);
});
