import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Life, livesOf } from "../../page/bot/lives.js";
import { changeFrom, mergedChanges, type StatusChange, sharesOf } from "../../page/bot/timeline.js";
import { statuses } from "../../page/fleet/bot.js";
import { bot } from "./bots.js";

interface Told {
  readonly ts: number;
  readonly from: string | null;
  readonly to: string;
  readonly pid: number;
  readonly code?: string;
  readonly lived?: number;
  readonly previous?: number;
}

function changes(...told: readonly Told[]): readonly StatusChange[] {
  return told.flatMap(
    ({ ts, from, to, pid, code = "other", lived = null, previous = null }) =>
      changeFrom({
        channel: "a",
        ts,
        pid,
        from_status: from,
        to_status: to,
        cause: code,
        cause_code: code,
        lived_ms: lived,
        previous_pid: previous,
      }) ?? [],
  );
}

const brief = ({ pid, beganMs, endedMs, end, nextMs }: Life) => [pid, beganMs, endedMs, end, nextMs];

describe("the lives of a bot", () => {
  test("are its processes, newest first, with how each ended and how long it was down then [page/R3]", () => {
    const story = changes(
      { ts: 10, from: null, to: "online", pid: 1, code: "registered" },
      { ts: 50, from: "online", to: "dead", pid: 1, code: "process_gone" },
      { ts: 60, from: "dead", to: "online", pid: 2, code: "restarted", previous: 1 },
      { ts: 70, from: "online", to: "stale", pid: 2, code: "silent" },
      { ts: 80, from: "stale", to: "online", pid: 2, code: "beats_again" },
      { ts: 90, from: "online", to: "offline", pid: 2, code: "goodbye" },
      { ts: 95, from: "offline", to: "online", pid: 3, code: "registered" },
    );
    expect(livesOf(bot({ pid: 3 }), story).map(brief)).toEqual([
      [3, 95, null, null, null],
      [2, 60, 90, "goodbye", 95],
      [1, 10, 50, "process_gone", 60],
    ]);
  });

  test("end with a take-over while the older process is there [page/R3]", () => {
    const story = changes(
      { ts: 10, from: null, to: "online", pid: 1 },
      { ts: 30, from: "online", to: "online", pid: 2, code: "taken_over", previous: 1 },
      { ts: 40, from: "online", to: "stale", pid: 2 },
      { ts: 50, from: "stale", to: "online", pid: 3, code: "taken_over", previous: 2 },
    );
    expect(livesOf(bot({ pid: 3 }), story).map(brief)).toEqual([
      [3, 50, null, null, null],
      [2, 30, 50, "another process took over", 50],
      [1, 10, 30, "another process took over", 30],
    ]);
  });

  test("know when one began of which only the end is told, and the present one of which nothing is [page/R3]", () => {
    const end = changes({ ts: 100, from: "online", to: "dead", pid: 7, code: "process_gone", lived: 40 });
    expect(livesOf(bot({ pid: 7, status: "dead" }), end).map(brief)).toEqual([
      [7, 60, 100, "process_gone", null],
    ]);
    expect(livesOf(bot({ pid: 7, startedAtMs: 5, registeredAtMs: 6 }), []).map(brief)).toEqual([
      [7, 5, null, null, null],
    ]);
    expect(livesOf(bot({ status: "offline" }), [])).toEqual([]);
  });

  test("have ended where the bot is dead or gone, even where no change says how [page/R3]", () => {
    const began = changes({ ts: 60, from: "dead", to: "online", pid: 2, code: "restarted", previous: 1 });
    const dead = bot({ pid: 2, status: "dead", sinceMs: 66, cause: "exit 1: no token", livedMs: 6 });
    const older = [1, null, 60, null, 60];
    expect(livesOf(dead, began).map(brief)).toEqual([[2, 60, 66, "exit 1: no token", null], older]);
    expect(livesOf({ ...dead, status: "offline", cause: "goodbye" }, began).map(brief)).toEqual([
      [2, 60, 66, "goodbye", null],
      older,
    ]);
    const unknown = livesOf({ ...dead, cause: "", sinceMs: null }, began);
    expect(unknown.map(brief)).toEqual([[2, 60, null, "dead", null], older]);
    expect(livesOf({ ...dead, pid: 3, sinceMs: 70 }, began).map(brief)).toEqual([
      [3, 64, 70, "exit 1: no token", null],
      [2, 60, 64, null, 64],
      older,
    ]);
    expect(livesOf(dead, []).map(brief)).toEqual([[2, 60, 66, "exit 1: no token", null]]);
  });

  test("go by what is newer, the change or the bot [page/R3]", () => {
    const story = changes(
      { ts: 10, from: null, to: "online", pid: 1, code: "registered" },
      { ts: 50, from: "online", to: "dead", pid: 1, code: "process_gone" },
    );
    expect(livesOf(bot({ pid: 1, sinceMs: 10, startedAtMs: 10 }), story)).toHaveLength(1);
    expect(livesOf(bot({ pid: 1, sinceMs: 60, startedAtMs: 10 }), story).map(brief)).toEqual([
      [1, null, null, null, null],
      [1, 10, 50, "process_gone", null],
    ]);
    const restart = [...story, ...changes({ ts: 60, from: "dead", to: "online", pid: 2, code: "restarted" })];
    const old = bot({ pid: 1, status: "dead", sinceMs: 50 });
    expect(livesOf(old, restart).map(brief)[0]).toEqual([2, 60, null, null, null]);
  });

  test("know what only the stream tells, once, in the order of time [page/R3]", () => {
    const began = { ts: 60, from: "dead", to: "online", pid: 2, code: "restarted", previous: 1 };
    const ended = { ts: 60, from: "online", to: "dead", pid: 2, code: "process_gone", lived: 0 };
    const asked = changes({ ts: 50, from: "online", to: "dead", pid: 1, code: "process_gone" }, began);
    const merged = mergedChanges(asked, changes(began, ended));
    expect(merged).toEqual([...asked, ...changes(ended)]);
    expect(mergedChanges(merged, asked)).toBe(merged);
    expect(mergedChanges([], merged)).toEqual(merged);
    expect(livesOf(bot({ pid: 2, status: "dead" }), merged).map(brief)[0]).toEqual([
      2,
      60,
      60,
      "process_gone",
      null,
    ]);
  });

  test("last, for the bot's own process, exactly while the bot is there, whatever the changes are [page/R5]", () => {
    const pid = fc.integer({ min: 1, max: 3 });
    const change = fc.record({ from: fc.constantFrom(...statuses), to: fc.constantFrom(...statuses), pid });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 12 }),
        fc.constantFrom(...statuses),
        pid,
        fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: null }),
        (list, status, now, sinceMs) => {
          const story = changes(...list.map((one, i) => ({ ...one, ts: 100 * (i + 1) })));
          const lives = livesOf(bot({ status, pid: now, sinceMs }), story);
          const lasting = lives.filter(({ endedMs, end }) => endedMs === null && end === null);
          if (status === "dead" || status === "offline")
            expect(lasting.filter((life) => life.pid === now)).toEqual([]);
          else if (sinceMs === null || sinceMs >= 1_300)
            expect(lasting.map((life) => life.pid)).toEqual([now]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("never overlap, and only the newest may last, whatever the changes are [page/R5]", () => {
    const status = fc.constantFrom(...statuses);
    const change = fc.record({
      from: fc.option(status, { nil: null }),
      to: status,
      pid: fc.integer({ min: 1, max: 3 }),
      code: fc.constantFrom("taken_over", "restarted", "goodbye", "process_gone"),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 15 }),
        status,
        fc.integer({ min: 1, max: 3 }),
        (list, now, pid) => {
          const story = changes(...list.map((one, i) => ({ ...one, ts: 100 * (i + 1) })));
          const lives = livesOf(bot({ status: now, pid, startedAtMs: null, registeredAtMs: null }), story);
          for (const [i, { beganMs, endedMs, nextMs }] of lives.entries()) {
            if (endedMs === null) expect(i).toBe(0);
            if (beganMs !== null && endedMs !== null) expect(endedMs).toBeGreaterThanOrEqual(beganMs);
            const newer = lives[i - 1];
            if (newer === undefined) expect(nextMs).toBeNull();
            else if (newer.beganMs !== null && endedMs !== null) {
              expect(endedMs).toBeLessThanOrEqual(newer.beganMs);
            }
          }
          const ends = story.filter(({ from, to }) => from !== to && (to === "dead" || to === "offline"));
          expect(lives.filter(({ endedMs }) => endedMs !== null).length).toBeGreaterThanOrEqual(
            new Set(ends.map(({ pid: ended }) => ended)).size,
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

test("the share of time online is of the time that somebody watched [page/R6]", () => {
  const segments = [
    { status: null, fromMs: 0, toMs: 50 },
    { status: "online", fromMs: 50, toMs: 80 },
    { status: "dead", fromMs: 80, toMs: 90 },
  ] as const;
  expect(sharesOf(segments)).toEqual({ knownMs: 40, onlineMs: 30 });
});
