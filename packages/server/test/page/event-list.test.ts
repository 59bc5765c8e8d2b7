import { expect, test } from "vitest";
import { changeFrom } from "../../page/bot/timeline.js";
import { eventsOf } from "../../page/events/event-list.js";

function change(channel: string, ts: number, from: string | null, to: string, trouble: string | null = null) {
  const made = changeFrom({ channel, ts, from_status: from, to_status: to, pid: 1, cause: "", trouble });
  if (made === null) throw new Error("no change");
  return made;
}

const histories = [
  [
    change("Twitch/a", 1, null, "online"),
    change("Twitch/a", 20, "online", "stale"),
    change("Twitch/a", 30, "stale", "dead"),
    change("Twitch/a", 70, "dead", "online"),
    change("Twitch/a", 80, "online", "online", "no token"),
  ],
  [change("b", 25, "online", "offline"), change("b", 75, "offline", "online")],
];
const brief = (filter: { query: string; status: string; fromMs?: number }) =>
  eventsOf(histories, { fromMs: 0, ...filter }).map(({ change: { tsMs, to }, wasDownMs }) => [
    tsMs,
    to,
    wasDownMs,
  ]);

test("the events of all bots are the newest first, and say how long a bot was down [page/R5]", () => {
  expect(brief({ query: "", status: "" })).toEqual([
    [80, "online", null],
    [75, "online", null],
    [70, "online", 50],
    [30, "dead", null],
    [25, "offline", null],
    [20, "stale", null],
    [1, "online", null],
  ]);
});

test("the events are filtered by channel and status, and a filter changes no length [page/R5]", () => {
  expect(brief({ query: "twitch", status: "online" })).toEqual([
    [80, "online", null],
    [70, "online", 50],
    [1, "online", null],
  ]);
  expect(brief({ query: "nobody", status: "" })).toEqual([]);
});

test("the events begin a day ago, and what was before still says how long a bot was down [server/F22]", () => {
  expect(brief({ query: "", status: "", fromMs: 70 })).toEqual([
    [80, "online", null],
    [75, "online", null],
    [70, "online", 50],
  ]);
});
