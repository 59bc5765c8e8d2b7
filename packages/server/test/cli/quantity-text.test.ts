import { expect, test } from "vitest";
import {
  agoText,
  bytesText,
  megabytesText,
  msFromTimestamp,
  percentText,
  spanText,
  timestampFromMs,
} from "../../src/cli/quantity-text.js";

test.each([
  [-5_000, "0 s"],
  [999, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 m"],
  [3_599_999, "59 m"],
  [7_200_000, "2 h"],
  [86_400_000 * 9, "9 d"],
])("%i ms is %s", (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

test("what is unknown is a dash, never 0", () => {
  expect([agoText(null, 0), percentText(null), megabytesText(undefined), agoText("soon", 0)]).toEqual([
    "-",
    "-",
    "-",
    "-",
  ]);
});

test("amounts are short", () => {
  expect([percentText(0.04), percentText(99.6), percentText(250)]).toEqual(["0.0 %", "100 %", "250 %"]);
  expect([megabytesText(91.4), megabytesText(2_048)]).toEqual(["91 MB", "2.0 GB"]);
  expect([bytesText(1), bytesText(5 * 1_048_576)]).toEqual(["1 kB", "5 MB"]);
});

test("times of the database are read and written", () => {
  const text = "2026-05-20T12:00:00.250000+00:00";
  expect(msFromTimestamp(text)).toBe(Date.UTC(2026, 4, 20, 12) + 250);
  expect(timestampFromMs(msFromTimestamp(text))).toBe(text);
  expect(msFromTimestamp("2026-05-20T12:00:00+00:00")).toBe(Date.UTC(2026, 4, 20, 12));
});
