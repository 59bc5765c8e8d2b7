import assert from "node:assert/strict";
import { contractCase, startMs } from "./contract-case.js";
import { refuses } from "./refusal.js";
import { batches, sampleBot } from "./sample.js";

export const fleetCases = [
  contractCase("fleet: is empty in a new store", async (store) => {
    assert.deepEqual(await store.fleet(), []);
  }),

  contractCase(
    "fleet: every field comes back as it was written, and what was not given is null",
    async (store) => {
      const next = batches();
      const full = {
        startedAtMs: startMs - 3_600_000,
        startTold: true,
        processSeen: true,
        restarts: 3,
        version: "1.2.3",
        intervalS: 7.5,
        cause: "restarted as pid 5",
        causeCode: "restarted",
        previousPid: 4,
        livedMs: 1_500.5,
        lastCpuPct: 3.5,
        lastRssMb: 80,
        trouble: "gateway closed: 4004",
        troubleSinceMs: startMs - 5,
      } as const;
      const bots = [
        sampleBot({ channel: "b", ...full }),
        sampleBot({ channel: "a" }),
        sampleBot({ channel: "c", startTold: false }),
      ];
      await store.write(next({ bots }));
      const none = {
        startedAtMs: null,
        startTold: null,
        processSeen: false,
        restarts: 0,
        version: null,
        intervalS: null,
        cause: null,
        causeCode: null,
        previousPid: null,
        livedMs: null,
        lastCpuPct: null,
        lastRssMb: null,
        trouble: null,
        troubleSinceMs: null,
      };
      assert.deepEqual(await store.fleet(), [
        { ...sampleBot({ channel: "a" }), ...none, origin: "monitor" },
        { ...sampleBot({ channel: "b" }), ...full, origin: "monitor" },
        { ...sampleBot({ channel: "c" }), ...none, startTold: false, origin: "monitor" },
      ]);
    },
  ),

  contractCase(
    "fleet: the newest record of a channel replaces the one before, within a batch and across",
    async (store) => {
      const next = batches();
      await store.write(
        next({ bots: [sampleBot({ version: "1", restarts: 1 }), sampleBot({ pid: 2, version: "2" })] }),
      );
      assert.deepEqual(
        (await store.fleet()).map(({ pid, version, restarts }) => [pid, version, restarts]),
        [[2, "2", 0]],
      );
      await store.write(next({ bots: [sampleBot({ pid: 3, status: "dead" })] }));
      assert.deepEqual(
        (await store.fleet()).map(({ pid, version, status }) => [pid, version, status]),
        [[3, null, "dead"]],
      );
    },
  ),

  contractCase(
    "fleet: a channel that is forgotten leaves, its history stays, and it may come again [server/F14]",
    async (store) => {
      const next = batches();
      const change = { tsMs: startMs, channel: "a", pid: 1, from: null, to: "online", cause: "x" } as const;
      const all = ["a", "b", "c"].map((channel) => sampleBot({ channel }));
      await store.write(next({ bots: all, statusChanges: [change] }));
      await store.write(next({ forgotten: ["a", "nobody"] }));
      const names = async () => (await store.fleet()).map(({ channel, version }) => [channel, version]);
      assert.deepEqual(await names(), [
        ["b", null],
        ["c", null],
      ]);
      assert.equal((await store.statusHistory({ channel: "a" })).length, 1);
      await store.write(next({ forgotten: ["a", "b"], bots: [sampleBot({ channel: "b", version: "2" })] }));
      assert.deepEqual(await names(), [
        ["b", "2"],
        ["c", null],
      ]);
    },
  ),

  contractCase("fleet: in pages it is the same, each bot on one page [server/F6]", async (store) => {
    const channels = ["b", "a", "\u{1F916}", "\uFB01", "ä", "c", "d"];
    await store.write(batches()({ bots: channels.map((channel) => sampleBot({ channel })) }));
    const whole = await store.fleet();
    for (const limit of [1, 2, 3, 7, 100]) {
      const paged = [];
      let after: string | null = null;
      for (let page = 0; page < 10; page++) {
        const { bots, next } = await store.fleetPage({ limit, after });
        assert.ok(bots.length === limit || next === null, `${bots.length} bots of ${limit}`);
        paged.push(...bots);
        after = next;
        if (next === null) break;
      }
      const byName = (a: { channel: string }, b: { channel: string }) => (a.channel < b.channel ? -1 : 1);
      assert.deepEqual(paged.sort(byName), [...whole].sort(byName));
    }
    await refuses("invalid_query", store.fleetPage({ limit: 0 }));
  }),

  contractCase("fleet: what is forgotten must have a name", async (store) => {
    for (const bad of ["", "\ud800", 1, null]) {
      await refuses("invalid_batch", store.write(batches()({ forgotten: [bad as string] })));
    }
    await refuses("invalid_batch", store.write(batches()({ forgotten: "a" as unknown as string[] })));
  }),

  contractCase(
    "fleet: a monitor that stops marks the old table only; the true status stays",
    async (store) => {
      const next = batches();
      await store.write(
        next({ bots: [sampleBot({ channel: "a" }), sampleBot({ channel: "b", status: "stale" })] }),
      );
      await store.write(
        next({ markOldStatusOffline: true, bots: [sampleBot({ channel: "c", status: "dead" })] }),
      );
      assert.deepEqual(
        (await store.fleet()).map(({ channel, status, origin }) => [channel, status, origin]),
        [
          ["a", "online", "monitor"],
          ["b", "stale", "monitor"],
          ["c", "dead", "monitor"],
        ],
      );
    },
  ),

  contractCase(
    "fleet: is the same after the store was closed and opened again",
    async (store, { reopen }) => {
      await store.write(
        batches()({ bots: [sampleBot({ channel: "a" }), sampleBot({ channel: "b", status: "dead" })] }),
      );
      const before = await store.fleet();
      await store.close();
      assert.ok(reopen, "a durable adapter passes reopen");
      const again = await reopen();
      assert.deepEqual(await again.fleet(), before);
      await again.close();
    },
    { needs: "durable" },
  ),
];
