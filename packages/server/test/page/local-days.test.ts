import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ZoneClock } from "../../page/frame/time-text.js";
import { dayPieces, daysBeforeMs, localDay, nextDayMs } from "../../page/usage/local-days.js";

const hourMs = 3_600_000;
const at = (text: string) => Date.parse(text);

const zoneNames = [
  "UTC",
  "Europe/Berlin",
  "Asia/Kolkata",
  "America/New_York",
  "Australia/Lord_Howe", // half an hour of summer
  "Africa/Cairo", // clocks change at midnight
  "America/Santiago", // at midnight, too
  "America/Havana", // midnight comes twice
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "Asia/Kathmandu",
];

/** A day of the zone as the browser writes it, by another way than the page's own. */
function dateOf(zone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  return (ms) => format.format(ms);
}

describe("days of a zone", () => {
  test("begin where its calendar does, in every zone, also where the clocks change at midnight [page/R7]", () => {
    for (const zone of zoneNames) {
      const clock = new ZoneClock(zone);
      const offsetMin = (ms: number) => clock.offsetMin(ms);
      const dateAt = dateOf(zone);
      let days = 0;
      for (let ms = at("2026-01-01T12:00:00Z"); ms < at("2027-01-03T00:00:00Z"); days++) {
        const next = nextDayMs(ms, offsetMin);
        expect(dateAt(next) > dateAt(ms), `${zone} ${new Date(next).toISOString()}`).toBe(true);
        expect(dateAt(next - 1), `${zone} ${new Date(next).toISOString()}`).toBe(dateAt(ms));
        ms = next;
      }
      expect(days, zone).toBeGreaterThanOrEqual(366);
    }
  });

  test("of Berlin have 23 and 25 hours when the clocks change, and stand alone then [page/R7]", () => {
    const clock = new ZoneClock("Europe/Berlin");
    const offsetMin = (ms: number) => clock.offsetMin(ms);
    for (const [noon, hours, before, after] of [
      ["2026-03-29T10:00:00Z", 23, 60, 120],
      ["2026-10-25T11:00:00Z", 25, 120, 60],
    ] as const) {
      const fromMs = daysBeforeMs(at(noon), 3, offsetMin);
      const toMs = nextDayMs(nextDayMs(at(noon), offsetMin), offsetMin);
      const pieces = dayPieces(fromMs, toMs, offsetMin);
      expect(pieces.map((piece) => (piece.toMs - piece.fromMs) / hourMs)).toEqual([48, hours, 24]);
      expect(pieces.map((piece) => piece.offsetMin)).toEqual([before, before, after]);
      expect(pieces.map(({ dayMs }) => dayMs)).toEqual([null, pieces[1]?.fromMs, null]);
    }
  });

  test("are asked for in one piece where no clock changes, and in pieces without gap or overlap [page/R7]", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zoneNames),
        fc.integer({ min: at("2024-01-01T00:00:00Z"), max: at("2027-12-01T00:00:00Z") }),
        fc.integer({ min: 1, max: 40 }),
        (zone, toMs, days) => {
          const clock = new ZoneClock(zone);
          const offsetMin = (ms: number) => clock.offsetMin(ms);
          const fromMs = daysBeforeMs(toMs, days, offsetMin);
          expect(localDay(toMs, offsetMin) - localDay(fromMs, offsetMin)).toBe(days - 1);
          expect(localDay(fromMs - 1, offsetMin)).toBeLessThan(localDay(fromMs, offsetMin));
          const pieces = dayPieces(fromMs, toMs + 1, offsetMin);
          expect(pieces[0]?.fromMs).toBe(fromMs);
          expect(pieces.at(-1)?.toMs).toBe(toMs + 1);
          for (const [i, piece] of pieces.entries()) {
            expect(piece.fromMs).toBe(pieces[i - 1]?.toMs ?? fromMs);
            expect(Math.abs(piece.offsetMin % 15)).toBe(0);
          }
          expect(pieces.length).toBeLessThanOrEqual(3);
        },
      ),
      { numRuns: 60 },
    );
  });
});
