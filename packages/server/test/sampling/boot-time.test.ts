import { expect, test } from "vitest";
import { bootTimeMs, readUptimes } from "../../src/sampling/boot-time.js";

test("it follows the steps of the wall clock", () => {
  const uptimes = { reportedS: 1_000, monotonicS: 1_000 };
  expect(bootTimeMs(5_000_000, uptimes)).toBe(4_000_000);
  expect(bootTimeMs(5_000_000 + 3_600_000, uptimes)).toBe(4_000_000 + 3_600_000);
});

test("time suspended counts, and a container's own uptime does not", () => {
  expect(bootTimeMs(10_000_000, { reportedS: 9_000, monotonicS: 2_000 })).toBe(1_000_000);
  expect(bootTimeMs(10_000_000, { reportedS: 60, monotonicS: 9_000 })).toBe(1_000_000);
});

test("the machine's two uptimes are told in one unit", () => {
  const { reportedS, monotonicS } = readUptimes();
  expect(reportedS).toBeGreaterThan(0);
  expect(reportedS).toBeGreaterThan(monotonicS - 2);
});
