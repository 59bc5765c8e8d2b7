import { expect, test } from "vitest";
import { livesFrom } from "../../src/cli/bot-life.js";
import type { EventRow } from "../../src/cli/event-row.js";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { nowMs } from "./bot.js";

/** Seconds before now. */
const at = (secondsAgo: number) => timestampFromMs(nowMs - secondsAgo * 1_000);

function events(...changes: (Partial<EventRow> & { readonly ago: number })[]): EventRow[] {
  return changes
    .map(
      ({ ago, ...change }, id): EventRow => ({
        id,
        ts: at(ago),
        channel: "a",
        pid: 1,
        from_status: "online",
        to_status: "online",
        cause: "registered",
        cause_code: "registered",
        previous_pid: null,
        lived_ms: null,
        trouble: null,
        ...change,
      }),
    )
    .reverse();
}

const dead = (pid: number, lived_ms: number | null = null) =>
  ({
    pid,
    to_status: "dead",
    cause: `process ${pid} is gone`,
    cause_code: "process_gone",
    lived_ms,
  }) as const;
const restarted = (pid: number, previous_pid: number) =>
  ({
    pid,
    from_status: "dead",
    previous_pid,
    cause: `restarted as pid ${pid}`,
    cause_code: "restarted",
  }) as const;

test("each process is told with its beginning, its end and the gap until the next, newest first [trial/O10]", () => {
  const told = livesFrom(
    events(
      { ago: 100, from_status: null },
      { ago: 90, ...dead(1, 11_000) },
      { ago: 85, ...restarted(2, 1) },
      { ago: 50, to_status: "offline", pid: 2, cause: "said goodbye", cause_code: "goodbye" },
      { ago: 40, ...restarted(3, 2), from_status: "offline" },
    ),
    nowMs,
  );
  expect(told).toEqual([
    { pid: 3, began: at(40), ended: null, lived_ms: 40_000, end: null, end_code: null, gap_ms: null },
    {
      pid: 2,
      began: at(85),
      ended: at(50),
      lived_ms: 35_000,
      end: "said goodbye",
      end_code: "goodbye",
      gap_ms: 10_000,
    },
    {
      pid: 1,
      began: at(100),
      ended: at(90),
      lived_ms: 11_000,
      end: "process 1 is gone",
      end_code: "process_gone",
      gap_ms: 5_000,
    },
  ]);
});

test("a process that was thought dead, was stale, or registers again goes on; trouble is no end", () => {
  const told = livesFrom(
    events(
      { ago: 100, from_status: null },
      { ago: 90, to_status: "stale", cause: "no heartbeat for 60 s", cause_code: "silent" },
      { ago: 80, ...dead(1) },
      { ago: 70, from_status: "dead", cause: "beats again", cause_code: "beats_again" },
      { ago: 60, cause: "in trouble", cause_code: "in_trouble", trouble: "deaf" },
      { ago: 50, to_status: "offline", cause: "said goodbye", cause_code: "goodbye" },
      { ago: 40, from_status: "offline", cause: "registered again", cause_code: "registered_again" },
    ),
    nowMs,
  );
  expect(told).toMatchObject([{ pid: 1, began: at(100), ended: null, lived_ms: 100_000 }]);
});

test("a process whose place another took ended then; one pid can be two processes in turn", () => {
  const told = livesFrom(
    events(
      { ago: 100, from_status: null },
      { ago: 60, pid: 2, previous_pid: 1, cause: "taken over by pid 2", cause_code: "taken_over" },
      { ago: 50, ...dead(2) },
      { ago: 40, ...restarted(2, 2) },
    ),
    nowMs,
  );
  expect(told).toMatchObject([
    { pid: 2, began: at(40), ended: null },
    { pid: 2, began: at(60), ended: at(50), gap_ms: 10_000 },
    { pid: 1, began: at(100), ended: at(60), end: "taken over by pid 2", gap_ms: 0 },
  ]);
});

test("where the events begin in the midst of a life, its beginning is counted back from how long it lived", () => {
  const [second, first] = livesFrom(
    events({ ago: 90, ...dead(1, 30_000) }, { ago: 80, ...restarted(2, 1) }),
    nowMs,
  );
  expect(first).toMatchObject({ pid: 1, began: at(120), ended: at(90), lived_ms: 30_000, gap_ms: 10_000 });
  expect(second).toMatchObject({ pid: 2, began: at(80), ended: null });
  expect(livesFrom(events({ ago: 90, ...dead(1) }), nowMs)).toMatchObject([
    { pid: 1, began: null, ended: at(90), lived_ms: null, gap_ms: 90_000 },
  ]);
  expect(livesFrom([], nowMs)).toEqual([]);
});
