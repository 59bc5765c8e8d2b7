import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { msFromTimePoint, spanMsFrom } from "../../src/cli/time-point.js";
import { timeRangeFrom } from "../../src/cli/time-range.js";

const nowMs = Date.UTC(2026, 10, 26, 3, 2, 11);
const ago = (text: string) => {
  const ms = msFromTimePoint(text, { nowMs, utc: true });
  return ms === undefined ? undefined : nowMs - ms;
};
const zone = process.env["TZ"];
afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

test.each([
  ["45s", 45_000],
  ["90m", 5_400_000],
  ["1h30m", 5_400_000],
  ["1h 30m", 5_400_000],
  ["2d", 172_800_000],
  ["1w2d", 9 * 86_400_000],
  ["1d2h3m4s5ms", 93_784_005],
  ["1h1.5m", 3_690_000],
  ["3600", 3_600_000],
  ["1.5 h", 5_400_000],
  ["500ms", 500],
  [" 24h ", 86_400_000],
])("%j is so long ago [trial/O10]", (text, ms) => {
  expect(ago(text)).toBe(ms);
});

test("any sum of units is read as that sum [trial/O10]", () => {
  const units = [
    ["w", 604_800_000],
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
    ["ms", 1],
  ] as const;
  const parts = fc.tuple(...units.map(() => fc.option(fc.nat({ max: 400 }), { nil: undefined })));
  fc.assert(
    fc.property(parts, fc.constantFrom("", " "), (amounts, between) => {
      const given = amounts.flatMap((amount, i) =>
        amount === undefined ? [] : [{ amount, unit: units[i] as (typeof units)[number] }],
      );
      fc.pre(given.length > 0);
      const text = given.map(({ amount, unit: [name] }) => `${amount}${name}`).join(between);
      expect(spanMsFrom(text)).toBe(given.reduce((sum, { amount, unit: [, ms] }) => sum + amount * ms, 0));
    }),
  );
});

test.each([
  "2026-11-01",
  "2026-11-01T00:00",
  "2026-11-01 00:00:00",
  "2026-11-01T00:00:00.000Z",
  "2026-11-01T02:00+02:00",
])("%j is a moment in UTC with --utc [trial/O10]", (text) => {
  expect(msFromTimePoint(text, { nowMs, utc: true })).toBe(Date.UTC(2026, 10, 1));
});

test.each([
  ["Europe/Berlin", 23],
  ["America/New_York", 4],
  ["Asia/Kolkata", 18.5],
  ["UTC", 0],
])("a day begins at the midnight of %s [trial/O10]", (name, utcHour) => {
  process.env["TZ"] = name;
  const eve = name === "Europe/Berlin" || name === "Asia/Kolkata" ? 31 : 32;
  const wanted = Date.UTC(2026, 9, eve) + utcHour * 3_600_000;
  expect(msFromTimePoint("2026-11-01", { nowMs, utc: false })).toBe(wanted);
  expect(msFromTimePoint("2026-11-01T00:00", { nowMs, utc: false })).toBe(wanted);
  // With a zone of its own the machine's does not matter.
  expect(msFromTimePoint("2026-11-01T00:00Z", { nowMs, utc: false })).toBe(Date.UTC(2026, 10, 1));
  expect(msFromTimePoint("2026-11-01", { nowMs, utc: true })).toBe(Date.UTC(2026, 10, 1));
});

test("today and yesterday begin at midnight, also over a change of the clock [trial/O10]", () => {
  process.env["TZ"] = "Europe/Berlin";
  // On 2026-10-25 a day of 25 hours ends summer time.
  const noon = Date.UTC(2026, 9, 26, 11);
  expect(msFromTimePoint("today", { nowMs: noon, utc: false })).toBe(Date.UTC(2026, 9, 25, 23));
  expect(msFromTimePoint("yesterday", { nowMs: noon, utc: false })).toBe(Date.UTC(2026, 9, 24, 22));
  expect(msFromTimePoint("yesterday", { nowMs: noon, utc: true })).toBe(Date.UTC(2026, 9, 25));
});

test.each([
  "",
  "soon",
  "2026",
  "1999",
  "30m1h",
  "1h1h",
  "1.5h30m",
  "1y",
  "-5m",
  "5 minutes",
  "2026-13-01",
  "2026-02-30",
  "2026-11-01T24:00",
  "2026-11-01T12:60",
  "2026-11-01T12:00+25:00",
  "2026-11-01Z",
  "26-11-01",
  "1969-12-31",
  "1e3",
  "Infinity",
  "1767225600000",
  "99999999d",
])("%j is no point in time [trial/O10]", (text) => {
  expect(msFromTimePoint(text, { nowMs, utc: true })).toBeUndefined();
});

test("no text makes the parser throw or answer with no time [trial/O10]", () => {
  const alphabet = fc.constantFrom(..."0123456789hmsdw.:-+TZ ");
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 24 }), fc.boolean(), (text, utc) => {
      const ms = msFromTimePoint(text, { nowMs, utc });
      expect(ms === undefined || (Number.isFinite(ms) && ms >= 0)).toBe(true);
    }),
  );
});

describe("--since and --until", () => {
  const problemsOf = (options: Record<string, unknown>) => {
    const problems: string[] = [];
    timeRangeFrom({ utc: true, ...options }, nowMs, problems);
    return problems;
  };

  test.each([
    [{ since: "lately" }, /^--since: expected .*1h30m.*2026-11-01.*; got "lately"$/],
    [{ until: "2026-02-30" }, /^--until: expected .*got "2026-02-30"$/],
    [{ since: "2027-01-01" }, /^--since: "2027-01-01" is in the future$/],
    [{ since: "0s" }, /^--since: "0s" is now/],
    [{ since: "99999d" }, /^--since: "99999d" goes back beyond 1970$/],
    [{ since: "1h", until: "2h" }, /^--since: expected a time before --until$/],
    [{ since: "\u001b[31m" }, /got "\\u001b\[31m"$/],
  ])("%j is answered with what is wrong [trial/O10]", (options, sentence) => {
    expect(problemsOf(options)).toEqual([expect.stringMatching(sentence)]);
  });

  test("both may be left away, and an end in the future is none [trial/O10]", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ since: "1h", until: "2027-01-01" })).toEqual([]);
    expect(timeRangeFrom({}, nowMs, [])).toEqual({ fromMs: undefined, toMs: undefined });
  });
});
