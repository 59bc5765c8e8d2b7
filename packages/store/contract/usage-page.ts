import assert from "node:assert/strict";
import type { Store } from "../src/store.js";
import type { StoredUsage, UsageCursor, UsagePageQuery } from "../src/usage-page.js";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleUsage } from "./sample.js";

/** All pages of a question. */
async function everyPage(store: Store, query: UsagePageQuery): Promise<StoredUsage[]> {
  const rows: StoredUsage[] = [];
  let after: UsageCursor | null = null;
  do {
    const page = await store.usagePage({ ...query, after });
    assert.ok(page.rows.length <= query.limit, "a page has no more than was asked for");
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return rows;
}

export const usagePageCases = [
  contractCase("usage page: a call comes back as it was written, and the unknown is null", async (store) => {
    const known = {
      error: "timeout",
      provider: "openai",
      tokensCached: 30,
      tokensCacheWrite: 0,
      costUsd: 0.25,
      priceId: 2 ** 48 - 1,
      latencyMs: 812.5,
    };
    const none = {
      error: null,
      provider: null,
      tokensCached: null,
      tokensCacheWrite: null,
      costUsd: null,
      priceId: null,
      latencyMs: null,
    };
    await store.write(batches()({ llmUsage: [sampleUsage(known), sampleUsage()] }));
    const { rows, next } = await store.usagePage({ limit: 10 });
    assert.deepEqual(
      rows.map(({ id: _id, ...row }) => row),
      [
        { ...sampleUsage(), ...known },
        { ...sampleUsage(), ...none },
      ],
    );
    assert.equal(next, null);
    assert.ok((rows[1]?.id ?? 0) > (rows[0]?.id ?? 0), "ids grow");
  }),

  contractCase(
    "usage page: each call comes once, and those that are written meanwhile do not come",
    async (store) => {
      const next = batches();
      const call = (tokensIn: number) => sampleUsage({ tokensIn });
      await store.write(next({ llmUsage: [call(1), call(2), call(3)] }));
      await store.write(next({ llmUsage: [call(4), call(5)] }));
      for (const limit of [1, 2, 5, 6]) {
        const rows = await everyPage(store, { limit });
        assert.deepEqual(
          rows.map(({ tokensIn }) => tokensIn),
          [1, 2, 3, 4, 5],
        );
      }
      const first = await store.usagePage({ limit: 3 });
      await store.write(next({ llmUsage: [call(6)] }));
      const second = await store.usagePage({ limit: 3, after: first.next });
      assert.deepEqual(
        second.rows.map(({ tokensIn }) => tokensIn),
        [4, 5],
      );
      assert.equal(second.next, null);
    },
  ),

  contractCase("usage page: is cut by channel and time, and empty where nothing is", async (store) => {
    assert.deepEqual(await store.usagePage({ limit: 1 }), { rows: [], next: null });
    const calls = Array.from({ length: 9 }, (_, i) =>
      sampleUsage({ tokensIn: i, channel: i % 3 === 0 ? "third" : "other", tsMs: startMs + i * 1_000 }),
    );
    await store.write(batches()({ llmUsage: calls }));
    // In which order the calls of one batch are stored is the store's affair.
    const found = async (query: Partial<UsagePageQuery>) =>
      (await everyPage(store, { limit: 2, ...query })).map(({ tokensIn }) => tokensIn).sort();
    assert.deepEqual(await found({ channel: "third" }), [0, 3, 6]);
    assert.deepEqual(await found({ fromMs: startMs + 2_000, toMs: startMs + 5_000 }), [2, 3, 4]);
    assert.deepEqual(await found({ fromMs: startMs + 6_000, channel: "other" }), [7, 8]);
    assert.deepEqual(await found({ channel: "nobody" }), []);
  }),

  contractCase("usage page: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.usagePage({ limit: 0 }));
    await refuses("invalid_query", store.usagePage({ limit: 100_001 }));
    await refuses("invalid_query", store.usagePage({ limit: 1, fromMs: 5, toMs: 5 }));
    await refuses("invalid_query", store.usagePage({ limit: 1, channel: 7 as unknown as string }));
    await refuses("invalid_query", store.usagePage({ limit: 1, after: { afterId: -1, lastId: 1 } }));
  }),
];
