import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { sampleUsage } from "./sample.js";

const day = { fromMs: startMs - 86_400_000, toMs: startMs + 86_400_000 };
const one = { llmUsage: [sampleUsage()] };

export const replayCases = [
  contractCase("replay: a batch sent again is a duplicate, and its rows are not looked at", async (store) => {
    assert.equal(await store.write({ producer: "p", epoch: 1, seq: 1, ...one }), "applied");
    const other = { llmUsage: [sampleUsage(), sampleUsage(), sampleUsage()] };
    assert.equal(await store.write({ producer: "p", epoch: 1, seq: 1, ...other }), "duplicate");
    const [total] = await store.usageTotals(day);
    assert.equal(total?.calls, 1);
  }),

  contractCase("replay: the same batch sent twice at once is stored once", async (store) => {
    const batch = { producer: "p", epoch: 1, seq: 1, ...one };
    const outcomes = await Promise.all([store.write(batch), store.write(batch)]);
    assert.deepEqual([...outcomes].sort(), ["applied", "duplicate"]);
    const [total] = await store.usageTotals(day);
    assert.equal(total?.calls, 1);
  }),

  contractCase(
    "reorder: batches are applied in whatever order they come, and each is remembered",
    async (store) => {
      const order = [5, 3, 9, 4, 1, 2, 8, 6, 0, 7];
      for (const seq of order) {
        assert.equal(await store.write({ producer: "p", epoch: 1, seq, ...one }), "applied", `seq ${seq}`);
      }
      for (const seq of [...order, ...order].sort()) {
        assert.equal(
          await store.write({ producer: "p", epoch: 1, seq, ...one }),
          "duplicate",
          `seq ${seq} again`,
        );
      }
      const [total] = await store.usageTotals(day);
      assert.equal(total?.calls, order.length);
    },
  ),

  contractCase("replay: another producer, epoch or number is another batch", async (store) => {
    const ids = [
      { producer: "p", epoch: 1, seq: 1 },
      { producer: "q", epoch: 1, seq: 1 },
      { producer: "p", epoch: 2, seq: 1 },
      { producer: "p", epoch: 1, seq: 3 },
      { producer: "P", epoch: 1, seq: 1 },
      { producer: "p", epoch: 0, seq: Number.MAX_SAFE_INTEGER },
      { producer: "p", epoch: Number.MAX_SAFE_INTEGER, seq: 0 },
    ];
    for (const id of ids) assert.equal(await store.write({ ...id, ...one }), "applied", JSON.stringify(id));
    for (const id of ids) assert.equal(await store.write({ ...id, ...one }), "duplicate", JSON.stringify(id));
  }),

  contractCase(
    "replay: a batch is remembered by a store that was closed and opened again",
    async (store, { reopen }) => {
      await store.write({ producer: "p", epoch: 1, seq: 1, ...one });
      await store.close();
      assert.ok(reopen, "a durable adapter passes reopen");
      const again = await reopen();
      assert.equal(await again.write({ producer: "p", epoch: 1, seq: 1, ...one }), "duplicate");
      assert.equal((await again.usageTotals(day))[0]?.calls, 1);
      await again.close();
    },
    { needs: "durable" },
  ),
];
