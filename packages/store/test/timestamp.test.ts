import fc from "fast-check";
import { expect, test } from "vitest";
import { boundFromMs, maxTimestampMs, msFromText, textFromMs } from "../src/timestamp.js";

const times = fc.integer({ min: 0, max: maxTimestampMs });

test("a timestamp is 32 characters, sorts as its time does, and is read back", () => {
  fc.assert(
    fc.property(times, times, (a, b) => {
      const text = textFromMs(a);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      expect(text).toHaveLength(32);
      expect(msFromText(text)).toBe(a);
      expect(textFromMs(a) < textFromMs(b)).toBe(a < b);
      expect(text).toBe(`${new Date(a).toISOString().slice(0, 23)}000+00:00`);
    }),
  );
});

test("Python's form without a fraction is read, and a bound takes in both forms", () => {
  expect(msFromText("2026-01-02T03:04:05+00:00")).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(msFromText("2026-01-02T03:04:05.999999+00:00")).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 999));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 253_402_300_799 }),
      fc.integer({ min: 1, max: 999 }),
      (second, ms) => {
        const whole = second * 1000;
        const short = textFromMs(whole).replace(".000000", "");
        const bound = boundFromMs(whole);
        for (const text of [short, textFromMs(whole), textFromMs(whole + ms)])
          expect(text >= bound).toBe(true);
        if (whole > 0) expect(textFromMs(whole - 1) < bound).toBe(true);
        expect(short < boundFromMs(whole + ms)).toBe(true);
      },
    ),
  );
});

test.each([
  "",
  "yesterday",
  "2026-01-02T03:04:05Z",
  "2026-01-02 03:04:05+00:00",
  "2026-13-02T03:04:05+00:00",
  null,
  7,
])("%j is no timestamp", (text) => {
  expect(msFromText(text)).toBeNull();
});
