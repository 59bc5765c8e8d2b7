import fc from "fast-check";
import { expect, test } from "vitest";
import { LlmUsageTable } from "../src/llm-usage-table.js";
import { ChannelOrder } from "../src/sqlite/write/channel-order.js";

function tableOf(channels: readonly string[], firstNumber: number): LlmUsageTable {
  const table = new LlmUsageTable(channels.length);
  table.append(
    channels.map((channel, i) => ({
      tsMs: 1,
      channel,
      model: "m",
      feature: "f",
      tokensIn: firstNumber + i,
      tokensOut: 0,
    })),
  );
  return table;
}

test("rows of several batches come channel by channel, and within a channel in their order", () => {
  const batch = fc.array(fc.constantFrom("a", "b", "c", "\u{1f916}"), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 5 }), (batches) => {
      const order = new ChannelOrder<LlmUsageTable>();
      const expected: [string, number][] = [];
      for (const channels of batches) {
        order.addTable(tableOf(channels, expected.length));
        for (const channel of channels) expected.push([channel, expected.length]);
      }
      expect(order.count).toBe(expected.length);
      const rows = order.takeOrderedRows();
      const taken = Array.from({ length: rows.count }, (_, k): [string, number] => {
        const { channel, tokensIn } = rows.tableAt(k).columns;
        return [channel.at(rows.rowAt(k)) as string, tokensIn.numberAt(rows.rowAt(k))];
      });
      // A stable sort by channel alone.
      const byChannel = expected.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      expect(taken).toEqual(byChannel);
      expect(order.takeOrderedRows().count).toBe(0);
    }),
  );
});
