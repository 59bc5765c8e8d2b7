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

test("a time is read the same whichever times were read before", () => {
  const form = fc.tuple(
    fc.constantFrom("2026-05-20", "2026-05-21", "1999-12-31", "2026-02-30", "2026-13-01"),
    fc.constantFrom("T", " "),
    fc.constantFrom("00:00:00", "23:59:59", "24:00:00", "12:60:00", "1a:00:00", "12-34-56", "07:08:09"),
    fc.constantFrom(".000000", ".123000", ".999000", ".123456", ".12x000", "", ".5", ".1230000"),
    fc.constantFrom("+00:00", "Z", "+02:00"),
  );
  fc.assert(
    fc.property(fc.array(form, { maxLength: 12 }), (list) => {
      for (const [day, mark, clock, fraction, zone] of list) {
        const text = `${day}${mark}${clock}${fraction}${zone}`;
        const isStored = mark === "T" && zone === "+00:00" && /^(\.\d{1,6})?$/.test(fraction);
        const ms = isStored ? Date.parse(`${day}T${clock}Z`) : Number.NaN;
        const rest = Number(fraction.slice(1, 4).padEnd(3, "0"));
        expect(msFromText(text), text).toBe(Number.isNaN(ms) ? null : ms + rest);
      }
    }),
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
