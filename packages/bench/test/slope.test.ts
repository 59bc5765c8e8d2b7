import { expect, test } from "vitest";
import { slopeOf } from "../src/soak/slope.js";

/** A value every 10 s; an hour has 360. */
const pointsOf = (values: readonly number[]) => values.map((value, i) => ({ ms: i * 10_000, value }));
const line = Array.from({ length: 60 }, (_, i) => 200 + i / 36 + 0.3 * Math.cos(2.4 * i));

test("the slope of a line lies close to its own, and between its bounds", () => {
  const { perHour, low, high } = slopeOf(pointsOf(line));
  expect(perHour).toBeCloseTo(10, 0);
  expect(low).toBeGreaterThan(8);
  expect(high).toBeLessThan(12);
});

test("a peak changes the slope by little", () => {
  const { perHour } = slopeOf(pointsOf(line.map((value, i) => (i === 57 ? value + 100 : value))));
  expect(perHour).toBeGreaterThan(9);
  expect(perHour).toBeLessThan(11);
});

test("values that hang together have wider bounds than the same ones in any order", () => {
  const wave = Array.from({ length: 60 }, (_, i) => Math.sin(i / 6));
  const mixed = wave.map((_, i) => wave[(i * 37) % 60] as number);
  const widthOf = ({ low, high }: { low: number; high: number }) => high - low;
  expect(widthOf(slopeOf(pointsOf(wave)))).toBeGreaterThan(3 * widthOf(slopeOf(pointsOf(mixed))));
});

test("three points have no slope", () => {
  expect(() => slopeOf(pointsOf([1, 2, 3]))).toThrow(RangeError);
});
