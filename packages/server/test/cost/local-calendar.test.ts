import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LocalCalendar, type PeriodKind, periodKinds } from "../../src/cost/local-calendar.js";

const hour = 3_600_000;
const zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "Australia/Lord_Howe"];
/** Where midnight is missing once a year, comes twice, or a whole day was left out. */
const oddZones = [
  "America/Santiago",
  "Africa/Cairo",
  "Asia/Beirut",
  "America/Havana",
  "America/St_Johns",
  "Pacific/Apia",
  "Pacific/Kiritimati",
];

/** `2026-11-26` on the wall there, by another formatter than that of the calendar. */
function dateIn(timezone: string, ms: number): string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, dateStyle: "short" });
  return format.format(ms);
}

function wallIn(timezone: string, ms: number): string {
  return new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(ms);
}

describe("a period begins and ends at midnight of its zone", () => {
  test.each([
    ["Europe/Berlin", "day", "2026-03-29T10:00:00Z", "2026-03-28T23:00:00Z", 23, "2026-03-29"],
    ["Europe/Berlin", "day", "2026-10-25T10:00:00Z", "2026-10-24T22:00:00Z", 25, "2026-10-25"],
    ["America/New_York", "day", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", 23, "2026-03-08"],
    ["America/New_York", "day", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", 25, "2026-11-01"],
    ["Asia/Kolkata", "day", "2026-11-01T18:29:59Z", "2026-10-31T18:30:00Z", 24, "2026-11-01"],
    ["UTC", "day", "2026-11-01T23:59:59Z", "2026-11-01T00:00:00Z", 24, "2026-11-01"],
    ["Europe/Berlin", "month", "2026-03-31T21:59:59Z", "2026-02-28T23:00:00Z", 31 * 24 - 1, "2026-03"],
    ["Europe/Berlin", "month", "2026-10-15T00:00:00Z", "2026-09-30T22:00:00Z", 31 * 24 + 1, "2026-10"],
    ["America/New_York", "month", "2026-12-01T04:59:59Z", "2026-11-01T04:00:00Z", 30 * 24 + 1, "2026-11"],
    ["Europe/Berlin", "week", "2026-03-29T21:59:59Z", "2026-03-22T23:00:00Z", 7 * 24 - 1, "2026-W13"],
    ["UTC", "week", "2027-01-03T12:00:00Z", "2026-12-28T00:00:00Z", 7 * 24, "2026-W53"],
    // The clock goes from 24:00 to 01:00: there is no midnight.
    ["America/Santiago", "day", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", 23, "2026-09-06"],
  ] as const)(
    "in %s, the %s of %s, also where clocks change [cost/C13]",
    (zone, kind, at, from, hours, name) => {
      const period = new LocalCalendar(zone).periodAt(Date.parse(at), kind);
      expect({ ...period, fromMs: new Date(period.fromMs).toISOString() }).toMatchObject({
        name,
        fromMs: from.replace("Z", ".000Z"),
      });
      expect((period.toMs - period.fromMs) / hour).toBe(hours);
    },
  );

  test("at any moment of sixty years and in odd zones: it holds the moment, its neighbours touch it, and its first moment is the first of that day [cost/C13]", () => {
    const moment = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2050, 0) });
    const all = [...zones, ...oddZones];
    const calendars = new Map(all.map((zone) => [zone, new LocalCalendar(zone)]));
    fc.assert(
      fc.property(
        moment,
        fc.constantFrom(...all),
        fc.constantFrom(...periodKinds),
        (ms, zone, kind: PeriodKind) => {
          const calendar = calendars.get(zone) as LocalCalendar;
          const period = calendar.periodAt(ms, kind);
          expect(period.fromMs).toBeLessThanOrEqual(ms);
          expect(period.toMs).toBeGreaterThan(ms);
          expect(calendar.periodAt(period.fromMs, kind)).toEqual(period);
          expect(calendar.periodAt(period.toMs, kind).fromMs).toBe(period.toMs);
          expect(calendar.periodAt(period.fromMs - 1, kind).toMs).toBe(period.fromMs);
          const first = dateIn(zone, period.fromMs);
          expect(dateIn(zone, period.fromMs - 1) < first).toBe(true);
          if (kind === "month") expect(first.slice(8)).toBe("01");
          if (kind === "day") expect(first).toBe(period.name);
          if (kind === "week") expect(new Date(first).getUTCDay()).toBe(1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("at midnight to the millisecond, wherever there is one [cost/C13]", () => {
    for (const zone of zones) {
      const calendar = new LocalCalendar(zone);
      let { toMs } = calendar.periodAt(Date.UTC(2026, 0, 1, 12), "day");
      for (let day = 0; day < 400; day++) {
        expect(wallIn(zone, toMs).slice(11)).toBe("00:00:00");
        toMs = calendar.periodAt(toMs, "day").toMs;
      }
    }
  });
});
