import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bot } from "../../page/fleet/bot.js";
import { FleetState } from "../../page/fleet/fleet-state.js";
import { headlineOf } from "../../page/fleet/headline.js";
import { sorted } from "../../page/fleet/sorting.js";
import { conditionOf, conditions, countsOf, worstFirst } from "../../page/fleet/worst-first.js";
import { iconOf, titleOf } from "../../page/frame/page-title.js";
import { type BotRow, worstFirst as commandOrder } from "../../src/cli/bot-row.js";
import { anyBot, bot } from "./bots.js";

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

/** As the API tells it. */
function record(one: Bot) {
  return {
    channel: one.channel,
    status: one.status,
    status_since: iso(one.sinceMs),
    crash_loop: one.crashLoop,
    conflict: one.conflict === null ? null : { pid: one.conflict.pid, since: iso(one.conflict.sinceMs) },
    trouble: one.trouble,
  };
}

const fleets = fc.uniqueArray(anyBot, { selector: ({ channel }) => channel, maxLength: 20 });

test("the page and the commands have one order, the worst first [page/R1]", () => {
  fc.assert(
    fc.property(fleets, (bots) => {
      const records = bots.map(record);
      const fleet = new FleetState();
      fleet.replace(records);
      const onPage = worstFirst(fleet.bots(), (channel) => fleet.nameRank(channel));
      const inCommand = commandOrder(records as unknown as BotRow[]);
      expect(onPage.map(({ channel }) => channel)).toEqual(inCommand.map(({ channel }) => channel));
    }),
    { numRuns: 500 },
  );
});

test("each bot is in exactly one condition, so the counts add up to the fleet [page/R4]", () => {
  fc.assert(
    fc.property(fleets, (bots) => {
      const counts = countsOf(bots);
      expect(Object.keys(counts)).toEqual([...conditions]);
      for (const condition of conditions) {
        expect(counts[condition]).toBe(bots.filter((one) => conditionOf(one) === condition).length);
      }
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(bots.length);
    }),
  );
});

const none = {
  dead: 0,
  crash_loop: 0,
  stale: 0,
  conflict: 0,
  trouble: 0,
  offline: 0,
  online: 0,
  unknown: 0,
};

test.each([
  [
    "3 of 212 bots are down; 1 channel is claimed twice",
    { dead: 2, stale: 1, conflict: 1, offline: 4, online: 204 },
  ],
  ["1 of 2 bots is down; 1 crashes again and again", { dead: 1, crash_loop: 1 }],
  ["1 of 1 bot is down", { stale: 1 }],
  ["2 bots crash again and again", { crash_loop: 2, online: 9 }],
  ["2 channels are claimed twice; 1 is in trouble", { conflict: 2, trouble: 1 }],
  ["1 bot is in trouble", { trouble: 1, online: 1 }],
  ["All 1,208 bots are up", { online: 1_208 }],
  ["204 bots are up", { online: 204, offline: 4 }],
  ["1 bot is up", { online: 1 }],
  ["All 3 bots said goodbye", { offline: 3 }],
  ["The one bot said goodbye", { offline: 1 }],
  ["5 bots are unknown", { unknown: 5, online: 3 }],
  ["1 of 9 bots is down; 5 are unknown", { dead: 1, unknown: 5, online: 3 }],
  ["No bot has reported yet", {}],
])("the headline says: %s [page/R1]", (sentence, some) => {
  expect(headlineOf({ ...none, ...some })).toBe(sentence);
});

test("title and icon tell how many bots need somebody [page/R1]", () => {
  const counts = { ...none, dead: 2, stale: 1, conflict: 1, offline: 4, online: 204 };
  expect(titleOf(counts, "host", null)).toBe("(4) 3 of 212 bots are down; 1 channel is claimed twice · host");
  expect(decodeURIComponent(iconOf(counts) ?? "")).toContain(">4</text>");
  expect(decodeURIComponent(iconOf({ ...none, dead: 300 }) ?? "")).toContain(">99</text>");
  expect(iconOf({ ...none, online: 5, offline: 5 })).toBeNull();
  expect(titleOf({ ...none, online: 5 }, null, null)).toBe("All 5 bots are up · KissBot Monitor");
});

test("whatever the table is sorted by, what is not known comes last and equals stand by name [page/R9]", () => {
  const fleet = new FleetState();
  const cpu = { b10: 5, b9: 5, a: null, c: 70 };
  fleet.replace(Object.entries(cpu).map(([channel, cpu_pct]) => ({ channel, status: "online", cpu_pct })));
  const costs: Readonly<Record<string, number>> = { b10: 0, a: 0.5, b9: 3 };
  const order = (by: "cpu" | "channel" | "cost") =>
    sorted(fleet.bots(), by, {
      nameRank: (channel) => fleet.nameRank(channel),
      costOf: (channel) => costs[channel] ?? null,
    }).map(({ channel }) => channel);
  expect(order("cpu")).toEqual(["c", "b9", "b10", "a"]);
  expect(order("channel")).toEqual(["a", "b9", "b10", "c"]);
  expect(order("cost")).toEqual(["b9", "a", "b10", "c"]);
});

test("the fleet's state follows snapshot, changes and forgetting, and takes nothing that is no bot [page/R5]", () => {
  const fleet = new FleetState();
  fleet.replace([record(bot({ channel: "a" })), record(bot({ channel: "b" })), null, 7, {}]);
  fleet.change([record(bot({ channel: "b", status: "dead" })), record(bot({ channel: "c" }))]);
  fleet.forget("a");
  const before = fleet.revision;
  fleet.forget("nobody");
  expect(fleet.revision).toBe(before);
  expect([...fleet.bots()].map(({ channel, status }) => [channel, status])).toEqual([
    ["b", "dead"],
    ["c", "online"],
  ]);
  fleet.replace([record(bot({ channel: "__proto__" }))]);
  expect([...fleet.bots()].map(({ channel }) => channel)).toEqual(["__proto__"]);
});
