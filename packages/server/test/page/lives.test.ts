import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Life, livesOf } from "../../page/bot/lives.js";
import { changeFrom, type StatusChange, sharesOf } from "../../page/bot/timeline.js";
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
        ...{ channel: "a", ts, pid, from_status: from, to_status: to, cause: code, cause_code: code },
        ...{ lived_ms: lived, previous_pid: previous },
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
