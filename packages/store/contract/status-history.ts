import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleChange } from "./sample.js";

export const statusHistoryCases = [
  contractCase("status history: comes newest first, as it was written", async (store) => {
    const first = sampleChange({ from: null, to: "online", cause: "register" });
    const second = sampleChange({ tsMs: startMs - 5_000 });
    await store.write(batches()({ statusChanges: [first, second] }));
    const rows = await store.statusHistory();
    assert.deepEqual(
      rows.map(({ id: _id, ...row }) => row),
      [second, first],
    );
    assert.ok((rows[0]?.id ?? 0) > (rows[1]?.id ?? 0), "ids grow");
  }),

  contractCase("status history: is cut by channel, time and limit, and paged by id", async (store) => {
    const changes = Array.from({ length: 10 }, (_, i) =>
      sampleChange({ tsMs: startMs + i * 1_000, channel: i % 2 === 0 ? "even" : "odd", cause: `c${i}` }),
    );
    await store.write(batches()({ statusChanges: changes }));
    const causes = async (query: Parameters<typeof store.statusHistory>[0]) =>
      (await store.statusHistory(query)).map(({ cause }) => cause);
    assert.deepEqual(await causes({ channel: "even" }), ["c8", "c6", "c4", "c2", "c0"]);
    assert.deepEqual(await causes({ fromMs: startMs + 3_000, toMs: startMs + 6_000 }), ["c5", "c4", "c3"]);
    const page = await store.statusHistory({ limit: 4 });
    assert.deepEqual(
      page.map(({ cause }) => cause),
      ["c9", "c8", "c7", "c6"],
    );
    assert.deepEqual(await causes({ limit: 2, beforeId: page[3]?.id ?? 0 }), ["c5", "c4"]);
    assert.deepEqual(await causes({ channel: "nobody" }), []);
  }),

  contractCase("status history: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.statusHistory({ limit: 0 }));
    await refuses("invalid_query", store.statusHistory({ limit: 1.5 }));
    await refuses("invalid_query", store.statusHistory({ fromMs: Number.NaN }));
    await refuses("invalid_query", store.statusHistory({ channel: 7 as unknown as string }));
  }),
];
