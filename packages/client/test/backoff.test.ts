import fc from "fast-check";
import { expect, test } from "vitest";
import { failuresAfter, longPauseMs, pauseMsAfter } from "../src/backoff.js";

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("a pause lies below a bound that doubles from 0.25 s to 30 s", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failures, random) => {
      const bound = Math.min(250 * 2 ** (failures - 1), 30_000);
      const pause = pauseMsAfter(failures, random);
      return pause >= 0 && pause < bound;
    }),
  );
  expect([1, 2, 3, 8, 1_000].map((failures) => pauseMsAfter(failures, 0.999_999))).toEqual([
    249, 499, 999, 29_999, 29_999,
  ]);
});

test("full jitter: two clients that lost the monitor in the same instant come back at different times", () => {
  expect(pauseMsAfter(5, 0)).toBe(0);
  expect(pauseMsAfter(5, 0.5)).toBe(2_000);
  expect(longPauseMs(0.5)).toBe(15_000);
});

test("failures add up, a connection that lasted begins anew, one that did not stays within 2 s", () => {
  expect(failuresAfter(7, undefined)).toBe(8);
  expect(failuresAfter(7, 1_000)).toBe(1);
  expect(failuresAfter(0, 5)).toBe(1);
  let failures = 0;
  for (let i = 0; i < 20; i++) failures = failuresAfter(failures, 5);
  expect(pauseMsAfter(failures, 0.999_999)).toBeLessThan(2_000);
});
