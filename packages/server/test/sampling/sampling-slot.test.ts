import fc from "fast-check";
import { expect, test } from "vitest";
import { nextSlotMs } from "../../src/sampling/sampling-slot.js";

test("the first slot, then one per interval, without drift and without catching up", () => {
  expect(nextSlotMs(1_000, 15_000, 0)).toBe(1_000);
  expect(nextSlotMs(1_000, 15_000, 1_000)).toBe(16_000);
  expect(nextSlotMs(1_000, 15_000, 1_080)).toBe(16_000);
  expect(nextSlotMs(1_000, 15_000, 16_000.5)).toBe(31_000);
  expect(nextSlotMs(1_000, 15_000, 100_000)).toBe(106_000);
});

test("always after now, at most an interval away, and a multiple of the interval from the first", () => {
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.integer({ min: 1, max: 1e7 }),
      fc.double({ min: 0, max: 1e10, noNaN: true }),
      (firstMs, intervalMs, nowMs) => {
        const slot = nextSlotMs(firstMs, intervalMs, nowMs);
        if (nowMs >= firstMs) expect(slot).toBeGreaterThan(nowMs);
        else expect(slot).toBe(firstMs);
        expect(slot).toBeLessThanOrEqual(Math.max(firstMs, nowMs + intervalMs));
        expect((slot - firstMs) % intervalMs).toBe(0);
      },
    ),
  );
});
