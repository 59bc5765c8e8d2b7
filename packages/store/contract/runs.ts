import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches } from "./sample.js";

export const runsCases = [
  contractCase("runs: each has one row, which its newest word changes", async (store) => {
    const [first, second] = [batches("monitor", 1), batches("monitor", 2)];
    await store.write(first({ run: { startedMs: startMs, seenMs: startMs } }));
    await store.write(first({ run: { startedMs: startMs, seenMs: startMs + 60_000 } }));
    // A clock that was set back takes nothing back.
    await store.write(first({ run: { startedMs: startMs, seenMs: startMs + 1_000 } }));
    const lost = {
      producer: "monitor",
      startedMs: startMs,
      seenMs: startMs + 60_000,
      stoppedMs: null,
    };
    assert.deepEqual(await store.runs(), [lost]);
    const again = { startedMs: startMs + 90_000, seenMs: startMs + 90_000 };
    await store.write(second({ run: again }));
    await store.write(second({ run: { ...again, seenMs: startMs + 95_000, stopped: true } }));
    const stopped = {
      producer: "monitor",
      startedMs: startMs + 90_000,
      seenMs: startMs + 95_000,
      stoppedMs: startMs + 95_000,
    };
    assert.deepEqual(await store.runs(), [stopped, lost]);
    assert.deepEqual(await store.runs({ limit: 1 }), [stopped]);
    assert.deepEqual(await store.runs({ fromMs: startMs + 60_000 }), [stopped, lost]);
    assert.deepEqual(await store.runs({ fromMs: startMs + 60_001 }), [stopped]);
    assert.deepEqual(await store.runs({ fromMs: startMs + 95_001 }), []);
  }),

  contractCase(
    "runs: a word that is told twice counts once, and a batch may hold nothing else",
    async (store) => {
      const batch = batches()({ run: { startedMs: startMs, seenMs: startMs + 5, stopped: true } });
      assert.equal(await store.write(batch), "applied");
      assert.equal(await store.write(batch), "duplicate");
      assert.equal((await store.runs()).length, 1);
    },
  ),

  contractCase("runs: a bad word or question is refused", async (store) => {
    for (const run of [
      null,
      7,
      {},
      { startedMs: 1 },
      { startedMs: 1, seenMs: -1 },
      { startedMs: 1.5, seenMs: 2 },
    ]) {
      await refuses("invalid_batch", store.write(batches()({ run: run as never })));
    }
    const run = { startedMs: 1, seenMs: 2, stopped: "yes" };
    await refuses("invalid_batch", store.write(batches()({ run: run as never })));
    await refuses("invalid_query", store.runs({ fromMs: -1 }));
    await refuses("invalid_query", store.runs({ limit: 0 }));
    assert.deepEqual(await store.runs(), []);
  }),
];
