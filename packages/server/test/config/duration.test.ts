import { constantFrom, double, integer, property, assert as propertyAssert, string } from "fast-check";
import { expect, test } from "vitest";
import { durationMsFrom, durationText } from "../../src/config/duration.js";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const unit = constantFrom("ms", "s", "m", "h", "d");

test("a number alone is seconds", () => {
  expect(["60", "0.5", "15.", ".25", " 7 "].map(durationMsFrom)).toEqual([60_000, 500, 15_000, 250, 7_000]);
});

test("a unit scales the number", async () => {
  await propertyAssert(
    property(integer({ min: 0, max: 1_000_000 }), unit, (amount, name) => {
      expect(durationMsFrom(`${amount}${name}`)).toBe(amount * unitMs[name as keyof typeof unitMs]);
    }),
  );
});

test("what is told is read back", async () => {
  await propertyAssert(
    property(integer({ min: 0, max: 1e12 }), (ms) => {
      expect(durationMsFrom(durationText(ms))).toBe(ms);
    }),
  );
});

test("nothing is negative, not finite, or half read", async () => {
  await propertyAssert(
    property(string(), double(), (text, number) => {
      for (const given of [text, `${number}`, `${text}s`, `${number}h`]) {
        const ms = durationMsFrom(given);
        expect(ms === undefined || (ms >= 0 && Number.isFinite(ms))).toBe(true);
      }
    }),
  );
  for (const text of [
    "",
    "s",
    "1 minute",
    "-5",
    "+5",
    "1h30m",
    "1e3",
    "0x10",
    "Infinity",
    "NaN",
    "5 5",
    "1S",
    "١",
  ]) {
    expect(durationMsFrom(text), text).toBeUndefined();
  }
});
