import { expect, test } from "vitest";
import { Alarm } from "../src/alarm.js";

test("a reason that stays is said once, and its end once [client/F19]", () => {
  const alarm = new Alarm();
  const said = Array.from({ length: 1_000 }, (_, i) => alarm.raise("ENOENT", () => 1_000 * i));
  expect(said.filter((quietMs) => quietMs > 0)).toHaveLength(1);
  expect(alarm.clear()).toBe(true);
  expect(alarm.clear()).toBe(false);
});

test.each([
  [100, 40],
  [1_000, 40],
  [60_000, 40],
])("one that comes and goes every %d ms for a day is said at most %d times [client/F19]", (everyMs, most) => {
  const alarm = new Alarm();
  let said = 0;
  for (let nowMs = 0; nowMs < 86_400_000; nowMs += everyMs) {
    if (alarm.raise("END", () => nowMs) > 0) said++;
    alarm.clear();
  }
  expect(said).toBeGreaterThan(20);
  expect(said).toBeLessThanOrEqual(most);
});

test("two reasons that take turns do not get round it [client/F19]", () => {
  const alarm = new Alarm();
  let said = 0;
  for (let nowMs = 0; nowMs < 86_400_000; nowMs += 500) {
    if (alarm.raise(nowMs % 1_000 === 0 ? "ENOENT" : "ECONNREFUSED", () => nowMs) > 0) said++;
  }
  expect(said).toBeLessThanOrEqual(40);
});

test("trouble that begins while it is silent and lasts is said when the silence is over [client/F19]", () => {
  const alarm = new Alarm();
  for (const nowMs of [0, 300, 3_000]) {
    expect(alarm.raise("END", () => nowMs)).toBeGreaterThan(0);
    alarm.clear();
  }
  expect(alarm.raise("ENOENT", () => 10_000)).toBe(0);
  expect(alarm.clear()).toBe(false);
  expect(alarm.raise("ENOENT", () => 12_000)).toBe(0);
  expect(alarm.raise("ENOENT", () => 19_001)).toBeGreaterThan(0);
});

test("rare trouble is always said [client/F19]", () => {
  const alarm = new Alarm();
  for (let nowMs = 0; nowMs < 86_400_000; nowMs += 700_000) {
    expect(alarm.raise("END", () => nowMs)).toBe(250);
    expect(alarm.clear()).toBe(true);
  }
});
