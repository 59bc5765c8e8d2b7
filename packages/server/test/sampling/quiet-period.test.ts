import { expect, test } from "vitest";
import { QuietPeriod } from "../../src/sampling/quiet-period.js";

test("said at once, then once a period, with how often it was withheld", () => {
  const period = new QuietPeriod(100);
  expect([0, 50, 99, 100, 150, 1_000, 1_001].map((nowMs) => period.say(nowMs))).toEqual([
    0,
    null,
    null,
    2,
    null,
    1,
    null,
  ]);
});
