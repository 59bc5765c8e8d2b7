import fc from "fast-check";
import { expect, test } from "vitest";
import { packBatch } from "../src/packed-batch.js";
import { PackedRows } from "../src/packed-rows.js";
import { ChannelOrder } from "../src/sqlite/channel-order.js";

function packed(channels: readonly string[], firstNumber: number): PackedRows {
  const llmUsage = channels.map((channel, i) => ({
    ...{ tsMs: 1, channel, model: "m", feature: "f", tokensIn: firstNumber + i, tokensOut: 0 },
  }));
  const { llmUsage: table, strings } = packBatch({ producer: "test", epoch: 1, seq: 1, llmUsage });
  if (table === null) throw new Error("no rows were packed");
  return new PackedRows(table, strings);
}

test("rows of several batches come channel by channel, and within a channel in their order", () => {
  const batch = fc.array(fc.constantFrom("a", "b", "c", "\u{1f916}"), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 5 }), (batches) => {
      const order = new ChannelOrder();
      const expected: [string, number][] = [];
      for (const channels of batches) {
        order.add(packed(channels, expected.length), 0);
        for (const channel of channels) expected.push([channel, expected.length]);
      }
      expect(order.count).toBe(expected.length);
      const rows = order.take();
      const taken = Array.from({ length: rows.count }, (_, k): [string, number] => {
        const table = rows.tableAt(k);
        return [table.text(0, rows.rowAt(k)), table.number(1, rows.rowAt(k))];
      });
      // A stable sort by channel alone.
      const byChannel = expected.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      expect(taken).toEqual(byChannel);
      expect(order.take().count).toBe(0);
    }),
  );
});
