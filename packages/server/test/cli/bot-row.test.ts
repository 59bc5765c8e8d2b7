import { expect, test } from "vitest";
import { countsOf, worstFirst } from "../../src/cli/bot-row.js";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { bot, nowMs } from "./bot.js";

test("the worst stand first, of those that are down the newest, and the rest by name", () => {
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
  ];
  expect(worstFirst(bots).map(({ channel }) => channel)).toEqual([
    ...["dead-new", "dead-old", "dead-since-when", "stale-new", "stale-old"],
    ...["twice", "gone", "bot9", "bot10"],
  ]);
  expect(countsOf(bots)).toEqual({ dead: 3, stale: 2, offline: 1, online: 3 });
});
