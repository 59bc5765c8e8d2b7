import { expect, test } from "vitest";
import { judgeC3 } from "../conformance/judge/c-3.js";
import type { WireEvent } from "../conformance/wire.js";

const row = (value: number) =>
  JSON.stringify({ type: "custom_metric", channel: "a", metric_name: "n", value });
const beat = (rss_mb: number) => JSON.stringify({ type: "heartbeat", channel: "a", pid: 1, rss_mb });
const came = (line: string, connection: number) => ({ event: "line", connection, line });

/**
 * Five rows while nobody listened, of which three may wait; then two connections. The bot beats
 * once on each, and `late` comes on the second.
 */
function timeline(waited: readonly number[], { isCalled = true, late = [] as readonly number[] } = {}) {
  const events = [
    { event: "start", max_lines: 3, max_bytes: 10_000 },
    { event: "burst", channel: "a", from: 0, count: 5, took_ms: 0, lasted_ms: 1 },
    { event: "accepted", connection: 1 },
    // The state that waited beside the rows.
    came(beat(1), 1),
    ...waited.map((value) => came(row(value), 1)),
    ...(isCalled ? [{ event: "call", line: beat(2), took_ms: 0 }, came(beat(2), 1)] : []),
    { event: "ended", connection: 1, by: "monitor", how: "closed" },
    { event: "accepted", connection: 2 },
    ...late.map((value) => came(row(value), 2)),
    { event: "call", line: beat(3), took_ms: 0 },
    came(beat(3), 2),
  ];
  return events.map((one, i) => ({ at_ms: 100 * i, ...one }) as WireEvent);
}

test("of the rows that waited the oldest are dropped, also where the monitor went away once more [conformance/R4]", () => {
  expect(judgeC3(timeline([2, 3, 4]))).toMatchObject({ outcome: "pass" });
  expect(judgeC3(timeline([0, 1, 2]))).toMatchObject({
    outcome: "fail",
    detail: expect.stringContaining("the newest, call 4, was dropped"),
  });
  expect(judgeC3(timeline([2, 4]))).toMatchObject({
    outcome: "fail",
    detail: expect.stringContaining("1 newer ones were dropped"),
  });
});

test("rows that may have been lost with a connection are no fault [conformance/R4]", () => {
  expect(judgeC3(timeline([2], { isCalled: false }))).toMatchObject({ outcome: "pass" });
  expect(judgeC3(timeline([2, 3], { isCalled: false, late: [4] }))).toMatchObject({ outcome: "pass" });
});

test("rows that were called while the monitor listened may lie in the kernel, however late it accepts [conformance/R4]", () => {
  const rows = [0, 1, 2, 3, 4];
  const [start, burst, ...rest] = timeline(rows);
  const heard = (at_ms: number) => ({ at_ms, event: "listening" }) as WireEvent;
  expect(judgeC3([start, burst, ...rest] as WireEvent[])).toMatchObject({
    outcome: "fail",
    detail: "5 rows had waited, where the bound is 3 lines",
  });
  expect(judgeC3([start, heard(50), burst, ...rest] as WireEvent[])).toMatchObject({
    outcome: "not_exercised",
  });
  // It listens only once they were called for: they had waited.
  expect(judgeC3([start, burst, heard(150), ...rest] as WireEvent[])).toMatchObject({ outcome: "fail" });
});
