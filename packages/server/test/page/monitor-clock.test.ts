import { expect, test } from "vitest";
import { MonitorClock } from "../../page/link/monitor-clock.js";

function clockAt() {
  const time = { ms: 1_000 };
  return { time, clock: new MonitorClock(() => time.ms) };
}

test("the monitor's time is its word and what has passed since, whatever the browser's clock says [page/R11]", () => {
  const { time, clock } = clockAt();
  expect(clock.isSet).toBe(false);
  clock.measure(1_760_000_000_000, 20);
  expect(clock.nowMs()).toBe(1_760_000_000_010);
  time.ms += 5_000;
  expect(clock.nowMs()).toBe(1_760_000_005_010);
});

test("the answer with the least round trip tells the time, until it is old [page/R11]", () => {
  const { time, clock } = clockAt();
  clock.measure(10_000, 10);
  clock.measure(10_500, 800);
  expect(clock.nowMs()).toBe(10_005);
  clock.measure(10_050, 4);
  expect(clock.nowMs()).toBe(10_052);
  // After an hour a worse measurement is better than the old one.
  time.ms += 3_600_000;
  clock.measure(3_610_000, 600);
  expect(clock.nowMs()).toBe(3_610_300);
});

test("a word without a question changes nothing, unless a clock was set or the machine slept [page/R11]", () => {
  const { time, clock } = clockAt();
  clock.measure(10_000, 10);
  clock.measure(9_700, null);
  expect(clock.nowMs()).toBe(10_005);
  time.ms += 1_000;
  clock.measure(60_000, null);
  expect(clock.nowMs()).toBe(60_000);
});

test("no time is no measurement [page/R11]", () => {
  const { clock } = clockAt();
  clock.measure(Number.NaN, 1);
  expect([clock.isSet, clock.nowMs()]).toEqual([false, 0]);
});
