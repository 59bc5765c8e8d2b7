import { expect, test } from "vitest";
import { type BotRow, countsOf, isDown, worstFirst } from "../../src/cli/bot-row.js";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { FleetJson } from "../../src/http/fleet-json.js";
import { worstFirst as worstFirstOfApi } from "../../src/http/worst-first.js";
import { botStatuses } from "../../src/registry/bot.js";
import { endlessTurns } from "../fleet/hosts.js";
import { noonMs, PlainFleet } from "../http/plain-fleet.js";
import { bot, nowMs } from "./bot.js";

test("the worst stand first, of those that are down the newest, and the rest by name [trial/O1][trial/B4]", () => {
  const since = (minutes: number) => ({ status_since: timestampFromMs(nowMs - minutes * 60_000) });
  const bots = [
    bot("bot10"),
    bot("bot9"),
    bot("gone", { status: "offline" }),
    bot("twice", { conflict: { pid: 1, since: null } }),
    bot("stale-old", { status: "stale", ...since(90) }),
    bot("dead-old", { status: "dead", ...since(50) }),
    bot("dead-new", { status: "dead", ...since(5) }),
    bot("dead-since-when", { status: "dead", status_since: null }),
    bot("stale-new", { status: "stale", ...since(1) }),
    bot("deaf", { trouble: "gateway closed: 4004" }),
    bot("twice-and-deaf", { conflict: { pid: 1, since: null }, trouble: "gateway closed: 4004" }),
    bot("loop", { crash_loop: true, ...since(0), conflict: { pid: 1, since: null } }),
    bot("loop-stale", { crash_loop: true, status: "stale", ...since(2) }),
    bot("loop-dead", { crash_loop: true, status: "dead", ...since(60) }),
    bot("loop-offline", { crash_loop: true, status: "offline" }),
  ];
  expect(worstFirst(bots).map(({ channel }) => channel)).toEqual([
    "dead-new",
    "dead-old",
    "loop-dead",
    "dead-since-when",
    "loop",
    "loop-stale",
    "stale-new",
    "stale-old",
    "twice",
    "twice-and-deaf",
    "deaf",
    "gone",
    "loop-offline",
    "bot9",
    "bot10",
  ]);
  expect(bots.filter(isDown).map(({ channel }) => channel)).toEqual([
    "stale-old",
    "dead-old",
    "dead-new",
    "dead-since-when",
    "stale-new",
    "loop",
    "loop-stale",
    "loop-dead",
  ]);
  expect(countsOf(bots)).toEqual({ dead: 4, stale: 3, offline: 2, online: 6 });
});

test("the API has the order of the commands [trial/O1]", async () => {
  const fleet = new PlainFleet();
  const rows: BotRow[] = [];
  let minutes = 0;
  for (const status of botStatuses) {
    for (const crashLoop of [false, true]) {
      for (const conflict of [null, { pid: 1, principal: "local", sinceMs: noonMs }]) {
        for (const trouble of [null, "deaf"]) {
          const channel = `${status}-${crashLoop}-${conflict !== null}-${trouble}`;
          const statusSinceMs = noonMs - 60_000 * ++minutes;
          const known = fleet.add(channel, { status, crashLoop, conflict, statusSinceMs, trouble });
          rows.push(JSON.parse(new FleetJson({ wallMs: () => noonMs }).bot(known)));
        }
      }
    }
  }
  const sorted = [...fleet.bots()].sort((a, b) => (a.channel < b.channel ? -1 : 1));
  const ofApi = await worstFirstOfApi(sorted, endlessTurns);
  expect(ofApi.map(({ channel }) => channel)).toEqual(worstFirst(rows).map(({ channel }) => channel));
});
