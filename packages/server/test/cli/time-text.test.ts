import { expect, test, vi } from "vitest";
import { timeTextIn, timeTextOf } from "../../src/cli/time-text.js";

test.each([
  ["UTC", "2026-11-26T02:02:11.123456+00:00", "2026-11-26 02:02:11"],
  ["Europe/Berlin", "2026-11-26T02:02:11.000000+00:00", "2026-11-26 03:02:11"],
  ["Europe/Berlin", "2026-06-30T23:59:59.999000+00:00", "2026-07-01 01:59:59"],
  ["America/New_York", "2026-01-01T00:00:00.000000+00:00", "2025-12-31 19:00:00"],
  ["America/St_Johns", "2026-01-02T03:30:00.000000+00:00", "2026-01-02 00:00:00"],
  // The hour of midnight is 00, never 24.
  ["Europe/Berlin", "2026-01-01T23:00:00.000000+00:00", "2026-01-02 00:00:00"],
])("in %s, %s is %s, cut to the minute and the day too [trial/O10]", (zone, timestamp, text) => {
  const times = timeTextIn(zone);
  expect(times.zone).toBe(zone);
  expect(times.second(timestamp)).toBe(text);
  expect(times.minute(timestamp)).toBe(text.slice(0, 16));
  expect(times.day(timestamp)).toBe(text.slice(0, 10));
});

test("a time that is not known is a dash", () => {
  for (const unknown of [null, undefined, "", "soon"]) expect(timeTextIn("UTC").second(unknown)).toBe("-");
});

test("without --utc the zone is that of the system, by its name [trial/O10]", () => {
  expect(timeTextOf({ utc: true }).zone).toBe("UTC");
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  expect(timeTextOf({}).zone).toBe(timeZone === "Etc/UTC" ? "UTC" : timeZone);
});

test("the system's zone follows TZ, and one that has no name is shown by its offset", () => {
  const printed = (zone: string) => {
    vi.stubEnv("TZ", zone);
    const times = timeTextIn();
    return `${times.second("2026-11-26T02:02:11.000000+00:00")} ${times.zone}`;
  };
  try {
    expect(printed("Asia/Tokyo")).toBe("2026-11-26 11:02:11 Asia/Tokyo");
    expect(printed("UTC")).toBe("2026-11-26 02:02:11 UTC");
    expect(printed("Nowhere/Land")).toBe("2026-11-26 02:02:11 UTC+00:00");
  } finally {
    vi.unstubAllEnvs();
  }
});
