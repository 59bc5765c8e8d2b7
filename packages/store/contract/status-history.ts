import assert from "node:assert/strict";
import type { BotStatus } from "../src/bot-status.js";
import type { CauseCode } from "../src/cause-code.js";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleChange } from "./sample.js";

export const statusHistoryCases = [
  contractCase("status history: comes newest first, as it was written", async (store) => {
    const none = { previousPid: null, livedMs: null, trouble: null };
    const first = sampleChange({ from: null, to: "online", cause: "registered", ...none });
    const why = { cause: "process 7 is gone", causeCode: "process_gone", previousPid: 7, livedMs: 1.5 };
    const second = sampleChange({ tsMs: startMs - 5_000, to: "dead", ...why, trouble: null });
    await store.write(batches()({ statusChanges: [first, second] }));
    const rows = await store.statusHistory();
    assert.deepEqual(
      rows.map(({ id: _id, ...row }) => row),
      [second, { ...first, causeCode: "registered" }],
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

  contractCase(
    "status history: is continued after an id, of which nothing is left out and nothing comes twice",
    async (store) => {
      const next = batches();
      const change = (cause: string) => sampleChange({ cause, channel: cause });
      const causes = async (query: Parameters<typeof store.statusHistory>[0]) =>
        (await store.statusHistory(query)).map(({ cause }) => cause);
      assert.deepEqual(await causes({ afterId: 0 }), []);
      await store.write(next({ statusChanges: [change("a"), change("b")] }));
      assert.deepEqual(await causes({ afterId: 0 }), ["b", "a"]);
      const newest = (await store.statusHistory({ limit: 1 }))[0]?.id ?? 0;
      assert.deepEqual(await causes({ afterId: newest }), []);
      await store.write(next({ statusChanges: [change("c"), change("d"), change("e")] }));
      assert.deepEqual(await causes({ afterId: newest }), ["e", "d", "c"]);
      assert.deepEqual(await causes({ afterId: newest, limit: 2 }), ["e", "d"]);
      assert.deepEqual(await causes({ afterId: newest, beforeId: newest + 3 }), ["d", "c"]);
      assert.deepEqual(await causes({ afterId: newest, channel: "d" }), ["d"]);
    },
  ),

  contractCase(
    "status history: is cut by status and by the code of the cause, which an older row has from its sentence",
    async (store) => {
      const codes: readonly (readonly [code: string | null, cause: string, to: BotStatus])[] = [
        ["process_gone", "anything", "dead"],
        [null, "process 7 is gone", "dead"],
        [null, "process 7 is gone, another one has its pid", "dead"],
        [null, "process 7 was gone at the monitor's start", "dead"],
        [null, "said goodbye", "offline"],
        [null, "taken over by pid 8", "online"],
        [null, "no heartbeat for 82.5 s", "stale"],
        [null, "something else", "stale"],
        ["from a later version", "said goodbye", "offline"],
      ];
      const changes = codes.map(([causeCode, cause, to]) => sampleChange({ causeCode, cause, to }));
      await store.write(batches()({ statusChanges: changes }));
      const found = async (query: Parameters<typeof store.statusHistory>[0]) =>
        (await store.statusHistory(query)).map(({ causeCode }) => causeCode).reverse();
      assert.deepEqual(await found({}), [
        "process_gone",
        "process_gone",
        "pid_reused",
        "gone_at_start",
        "goodbye",
        "taken_over",
        "silent",
        "other",
        "other",
      ]);
      assert.deepEqual(await found({ causes: ["process_gone"] }), ["process_gone", "process_gone"]);
      assert.deepEqual(await found({ causes: ["goodbye", "pid_reused"] }), ["pid_reused", "goodbye"]);
      assert.deepEqual(await found({ causes: ["other"] }), ["other", "other"]);
      assert.deepEqual(await found({ to: ["stale", "offline"] }), ["goodbye", "silent", "other", "other"]);
      assert.deepEqual(await found({ to: ["offline"], causes: ["goodbye"] }), ["goodbye"]);
      assert.deepEqual(await found({ to: [] }), []);
      assert.deepEqual(await found({ from: [] }), []);
      assert.deepEqual(await found({ causes: [] }), []);
      assert.deepEqual(await found({ causes: ["forgotten"], channel: "twitch_main" }), []);
    },
  ),

  contractCase(
    "status history: trouble is told without a change of status, and is no change to one",
    async (store) => {
      const same = { from: "online", to: "online", previousPid: null, livedMs: null } as const;
      const began = sampleChange({
        ...same,
        cause: "in trouble",
        causeCode: "in_trouble",
        trouble: "gateway closed: 4004",
      });
      const over = sampleChange({
        ...same,
        cause: "trouble is over",
        causeCode: "trouble_over",
        trouble: null,
      });
      await store.write(
        batches()({ statusChanges: [sampleChange({ from: null, to: "online" }), began, over] }),
      );
      const found = async (query: Parameters<typeof store.statusHistory>[0]) =>
        (await store.statusHistory(query)).map(({ id: _id, ...row }) => row);
      assert.deepEqual((await found({})).slice(0, 2), [over, began]);
      assert.deepEqual(await found({ causes: ["in_trouble"] }), [began]);
      assert.deepEqual(
        (await found({ to: ["online"] })).map(({ from }) => from),
        [null],
      );
      assert.deepEqual(await found({ from: ["online"] }), []);
      await store.write(
        batches("another")({
          statusChanges: [
            sampleChange({ from: "online", to: "stale" }),
            sampleChange({ from: "stale", to: "dead" }),
            sampleChange({ from: "dead", to: "online" }),
          ],
        }),
      );
      const away = async (query: Parameters<typeof store.statusHistory>[0]) =>
        (await found(query)).map(({ from, to }) => `${from} to ${to}`);
      assert.deepEqual(await away({ from: ["online"] }), ["online to stale"]);
      assert.deepEqual(await away({ from: ["dead", "stale"] }), ["dead to online", "stale to dead"]);
      assert.deepEqual(await away({ from: ["dead", "stale"], to: ["dead"] }), ["stale to dead"]);
    },
  ),

  contractCase("status history: a bad question is refused", async (store) => {
    await refuses("invalid_query", store.statusHistory({ limit: 0 }));
    await refuses("invalid_query", store.statusHistory({ limit: 1.5 }));
    await refuses("invalid_query", store.statusHistory({ afterId: -1 }));
    await refuses("invalid_query", store.statusHistory({ afterId: 0.5 }));
    await refuses("invalid_query", store.statusHistory({ fromMs: Number.NaN }));
    await refuses("invalid_query", store.statusHistory({ to: ["up"] as unknown as BotStatus[] }));
    await refuses("invalid_query", store.statusHistory({ from: ["up"] as unknown as BotStatus[] }));
    await refuses("invalid_query", store.statusHistory({ causes: "goodbye" as unknown as CauseCode[] }));
    await refuses("invalid_query", store.statusHistory({ channel: 7 as unknown as string }));
  }),
];
