import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pageSizeFrom } from "../../src/sampling/page-size.js";
import { parseProcStat } from "../../src/sampling/proc-stat.js";

test("the size is found although memory changed by a third between the two readings", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(4_096, 8_192, 16_384, 32_768, 65_536),
      fc.integer({ min: 100, max: 10_000_000 }),
      fc.double({ min: 0.75, max: 1.33, noNaN: true }),
      (size, pages, change) => {
        expect(pageSizeFrom(size * pages * change, pages)).toBe(size);
      },
    ),
  );
});

test("what makes no sense is null", () => {
  expect(pageSizeFrom(0, 100)).toBeNull();
  expect(pageSizeFrom(1_000, 0)).toBeNull();
  expect(pageSizeFrom(1_000, 100)).toBeNull();
  expect(pageSizeFrom(1e9, 100)).toBeNull();
  expect(pageSizeFrom(Number.NaN, 100)).toBeNull();
});

test.skipIf(process.platform !== "linux")("it is the machine's own", () => {
  const pages = parseProcStat(readFileSync("/proc/self/stat", "latin1"))?.rssPages ?? 0;
  const size = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));
  expect(pageSizeFrom(process.memoryUsage.rss(), pages)).toBe(size);
});
