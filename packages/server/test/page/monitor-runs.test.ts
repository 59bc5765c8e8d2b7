import { expect, test } from "vitest";
import { gapsBetween } from "../../page/bot/monitor-runs.js";

test("nobody watched between the end of one run of the monitor and the start of the next [page/R6]", () => {
  const runs = [
    { started_at: "2026-11-26T12:00:00Z", ended_at: null, end: null },
    { started_at: "2026-11-26T08:00:00Z", ended_at: "2026-11-26T11:00:00Z", end: "lost" },
    { started_at: "2026-11-26T07:00:00Z", ended_at: "2026-11-26T08:00:00Z", end: "stopped" },
  ];
  expect(gapsBetween(runs)).toEqual([
    { fromMs: Date.parse("2026-11-26T11:00:00Z"), toMs: Date.parse("2026-11-26T12:00:00Z") },
  ]);
});

test("one run, none, and an answer of another form have no gaps [page/R6]", () => {
  expect(gapsBetween([{ started_at: "2026-11-26T08:00:00Z", ended_at: "2026-11-26T11:00:00Z" }])).toEqual([]);
  expect(gapsBetween([])).toEqual([]);
  expect(gapsBetween(undefined)).toEqual([]);
  expect(gapsBetween([{ started_at: "never" }, 7])).toEqual([]);
});
