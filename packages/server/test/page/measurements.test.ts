import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  extentOf,
  growthOf,
  lonePoints,
  measurementsFrom,
  pointsFor,
  rangeNamed,
  ranges,
  rowsOf,
} from "../../page/bot/measurements.js";

const empty = { samples: 0, rss_mb_avg: null, rss_mb_min: null, rss_mb_max: null, cpu_pct_avg: null };
const sampled = (mb: number) => ({
  samples: 1,
  rss_mb_avg: mb,
  rss_mb_min: mb - 1,
  rss_mb_max: mb + 1,
  cpu_pct_avg: null,
  cpu_pct_min: null,
  cpu_pct_max: null,
});
const answer = (...points: readonly object[]) => ({
  from: "2026-05-20T12:00:00.000000+00:00",
  to: "2026-05-20T13:00:00.000000+00:00",
  bucket_ms: 60_000,
  points: points.map((point, i) => ({ ...point, ts: new Date(i * 60_000).toISOString() })),
});

describe("the measurements of a bot", () => {
  test("are null where nobody measured, never 0 [page/R14]", () => {
    const found = measurementsFrom(answer(sampled(96), empty));
    expect(found?.points).toEqual([
      { tsMs: 0, memoryMb: { mean: 96, least: 95, most: 97 }, cpuPct: null },
      { tsMs: 60_000, memoryMb: null, cpuPct: null },
    ]);
    expect(found?.toMs).toBe(Date.parse("2026-05-20T13:00:00Z"));
    expect(measurementsFrom({})).toBeNull();
    expect(measurementsFrom({ ...answer(), points: "none" })?.points).toEqual([]);
  });

  test("have a row for each bucket with samples and one for each gap, newest first [page/R14]", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 99 }), { nil: null })), (values) => {
        const found = measurementsFrom(answer(...values.map((mb) => (mb === null ? empty : sampled(mb)))));
        const rows = rowsOf(found ?? { fromMs: 0, toMs: 0, bucketMs: 0, points: [] });
        const told = rows.map(({ memoryMb }) => memoryMb?.mean ?? null).reverse();
        expect(told.filter((mb) => mb !== null)).toEqual(values.filter((mb) => mb !== null));
        const gaps = values.filter((mb, i) => mb === null && values[i - 1] !== null).length;
        expect(told.filter((mb) => mb === null).length).toBe(gaps);
      }),
    );
  });

  test("mark a point between two gaps, which no line shows [page/R14]", () => {
    expect(lonePoints([1, null, 2, null, 3, 4, undefined, 0])).toEqual([0, 2, 7]);
    expect(lonePoints([])).toEqual([]);
  });

  test("tell from where to where they go, and nothing where nothing is known [page/R14]", () => {
    const measure = { mean: 2, least: 1, most: 3 };
    expect(extentOf([null, measure, { ...measure, least: 0.5 }])).toEqual({ least: 0.5, most: 3 });
    expect(extentOf([null])).toBeNull();
  });

  test("tell how memory grew from the first to the last sample, and nothing of less than two [page/R2]", () => {
    const growth = (...points: readonly object[]) => {
      const found = measurementsFrom(answer(...points));
      return found && growthOf(found);
    };
    expect(growth(empty, sampled(96), empty, sampled(400), sampled(1_945), empty)).toEqual({
      fromMb: 96,
      toMb: 1_946,
    });
    expect([growth(), growth(empty, empty), growth(sampled(96))]).toEqual([null, null, null]);
  });

  test("come in buckets wide enough for two samples, so that an empty one is a gap [page/R14]", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(ranges)),
        fc.option(fc.integer({ min: 1_000, max: 600_000 }), { nil: null }),
        (spanMs, intervalMs) => {
          const points = pointsFor(spanMs, intervalMs);
          expect(points).toBeGreaterThanOrEqual(1);
          expect(points).toBeLessThanOrEqual(300);
          expect(spanMs / points).toBeGreaterThanOrEqual(2 * (intervalMs ?? 15_000));
        },
      ),
    );
    expect(pointsFor(1_000, 60_000)).toBe(1);
  });

  test("are of a day where the URL names no range that there is, and of an hour where the bot is new [page/R9]", () => {
    for (const name of Object.keys(ranges))
      expect([rangeNamed(name, false), rangeNamed(name, true)]).toEqual([name, name]);
    for (const name of ["", "2h", "__proto__", "toString"])
      expect([rangeNamed(name, false), rangeNamed(name, true)]).toEqual(["24h", "1h"]);
  });
});
