import fc from "fast-check";
import { expect, test } from "vitest";
import { type Grid, gridFor, rawGridFor } from "../src/bucket.js";

const nowMs = Date.UTC(2026, 4, 20, 12, 34, 56, 789);
const minuteMs = 60_000;
const dayMs = 86_400_000;

const periods = fc
  .tuple(
    fc.integer({ min: 0, max: nowMs }),
    fc.oneof(fc.integer({ min: 1, max: nowMs }), fc.integer({ min: 1, max: dayMs })),
  )
  .map(([fromMs, spanMs]) => ({ fromMs, toMs: fromMs + spanMs }));
const anyPoints = fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 12 }));
const anyDays = fc.option(fc.integer({ min: 1, max: 30_000 }), { nil: null });

function holds({ startMs, bucketMs, count }: Grid, fromMs: number, toMs: number): void {
  expect(startMs).toBeLessThanOrEqual(fromMs);
  expect(startMs + bucketMs).toBeGreaterThan(fromMs);
  expect(startMs + count * bucketMs).toBeGreaterThanOrEqual(toMs);
  expect(startMs + (count - 1) * bucketMs).toBeLessThan(toMs);
}

test("a series has at most the points that were asked for, and they hold the period [server/F19]", () => {
  fc.assert(
    fc.property(
      periods,
      anyPoints,
      fc.boolean(),
      anyDays,
      anyDays,
      (period, points, fleet, rawDays, minuteDays) => {
        const grid = gridFor({ ...period, points, fleet, nowMs, rawDays, minuteDays });
        expect(grid.count).toBeLessThanOrEqual(points);
        holds(grid, period.fromMs, period.toMs);
        const unitMs = { raw: 1, minute: minuteMs, hour: 60 * minuteMs }[grid.resolution];
        expect([grid.startMs % unitMs, grid.bucketMs % unitMs]).toEqual([0, 0]);
        const raw = rawGridFor(period.fromMs, period.toMs, points);
        expect(raw.count).toBeLessThanOrEqual(points);
        holds(raw, period.fromMs, period.toMs);
      },
    ),
  );
});

const ask = (agoMs: number, points: number) =>
  gridFor({
    fromMs: nowMs - agoMs,
    toMs: nowMs,
    points,
    fleet: false,
    nowMs,
    rawDays: 7,
    minuteDays: 30,
  });

test.each([
  ["10 minutes in 1 point", 10 * minuteMs, 1, 1],
  ["an hour in 2 points", 60 * minuteMs, 2, 2],
  ["7 days in 7 points", 7 * dayMs, 7, 4],
])("%s are never one more [server/F19]", (_title, agoMs, points, count) => {
  expect(ask(agoMs, points).count).toBe(count);
});

test("a single point is of the period, not of the day around it [server/F19]", () => {
  expect(ask(10 * minuteMs, 1)).toEqual({
    startMs: nowMs - 10 * minuteMs,
    bucketMs: 10 * minuteMs,
    count: 1,
    resolution: "raw",
  });
});
