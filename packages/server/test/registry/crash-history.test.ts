import { expect, test } from "vitest";
import { CrashHistory } from "../../src/registry/crash-history.js";

const minuteMs = 60_000;

function crashed(...minutes: readonly number[]): CrashHistory {
  const history = new CrashHistory();
  for (const minute of minutes) history.record(minute * minuteMs, null);
  return history;
}

test.each<[name: string, crashes: number[], nowMinute: number, isLoop: boolean]>([
  ["two crashes", [0, 0.1], 0.1, false],
  ["three crashes", [0, 0.1, 0.2], 0.2, true],
  ["three crashes of which the last is exactly 10 minutes after the first", [0, 5, 10], 10, true],
  ["three crashes within more than 10 minutes", [0, 5, 10.001], 10.001, false],
  ["three crashes, 10 minutes later", [0, 1, 2], 12, false],
  ["three crashes, just before", [0, 1, 2], 11.999, true],
  ["a loop that goes on slowly", [0, 1, 2, 11, 20, 29], 38.9, true],
  ["a single crash after a loop that was over", [0, 1, 2, 13], 13, false],
  ["crashes that a store tells of out of order", [9, 3, 6], 9, true],
  ["crashes far apart that are told out of order", [30, 5, 18], 30, false],
])("%s: %j at minute %d is a loop: %s [trial/O1]", (_name, crashes, nowMinute, isLoop) => {
  expect(crashed(...crashes).isLoop(nowMinute * minuteMs)).toBe(isLoop);
});

test("crashes are counted by the minute for an hour, however long nobody asks [trial/O1]", () => {
  const history = crashed(...Array.from({ length: 120 }, (_, i) => i / 2));
  expect(history.inHour(59.5 * minuteMs)).toBe(120);
  expect(history.inHour(60 * minuteMs)).toBe(118);
  expect(history.inTenMinutes(60 * minuteMs)).toBe(20);
  expect(history.inHour(118.9 * minuteMs)).toBe(2);
  expect(history.inHour(500 * minuteMs)).toBe(0);
  history.record(501 * minuteMs, null);
  expect(history.inHour(501 * minuteMs)).toBe(1);
  expect(history.inTenMinutes(512 * minuteMs)).toBe(0);
});

test("a count of ten minutes is never less than there were [trial/O1]", () => {
  const history = crashed(0.99, 5, 10.98);
  expect(history.inTenMinutes(10.98 * minuteMs)).toBe(3);
});

test("a crash older than an hour counts in no minute [trial/O1]", () => {
  const history = crashed(100, 30);
  expect(history.inHour(100 * minuteMs)).toBe(1);
});

test("a crash that was none is taken back, and with it the loop [trial/O1]", () => {
  const history = crashed(0, 1, 2);
  history.retract();
  expect(history.isLoop(2 * minuteMs)).toBe(false);
  expect(history.inHour(2 * minuteMs)).toBe(2);
  history.record(3 * minuteMs, null);
  expect(history.isLoop(3 * minuteMs)).toBe(true);
});

test("the typical life is the middle one of the last five that are known [trial/O1]", () => {
  const history = new CrashHistory();
  expect(history.typicalLifeMs()).toBe(null);
  for (const livedMs of [900_000, 2_000, null, 1_900, 2_200, 2_100, 60_000]) history.record(0, livedMs);
  expect(history.typicalLifeMs()).toBe(2_100);
});
