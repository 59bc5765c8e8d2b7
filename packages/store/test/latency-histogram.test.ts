import fc from "fast-check";
import { expect, test } from "vitest";
import { binsIn, textOfBins } from "../src/latency-bins.js";
import {
  LatencyHistogram,
  lastBin,
  latencyBinOf,
  latencyError,
  usualBinBounds,
} from "../src/latency-histogram.js";
import { namedPercentiles, percentilesOf } from "../src/latency-percentiles.js";

const latency = fc.oneof(
  fc.constantFrom(0, 1, 1_000, 2 ** -20, 2 ** 30, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** -1_022),
  fc.integer({ min: 1, max: 120_000 }),
  fc.double({ min: 0, max: 1e5, noNaN: true }),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
);

/** Nanoseconds are nothing. */
function isNear(found: number, exact: number): boolean {
  return Math.abs(found - exact) <= Math.max(latencyError * exact, 1e-6);
}

test("percentiles of any latencies, in any parts, are within 5 % of the exact ones [cost/C15]", () => {
  fc.assert(
    fc.property(fc.array(fc.array(latency, { maxLength: 40 }), { maxLength: 6 }), (parts) => {
      const merged = new LatencyHistogram();
      for (const part of parts) {
        const histogram = new LatencyHistogram();
        for (const ms of part) histogram.add(ms);
        merged.addText(histogram.text() ?? "");
      }
      const all = parts.flat().sort((a, b) => a - b);
      const found = namedPercentiles(percentilesOf(merged.text()));
      expect(found.latencyPercentileCalls).toBe(all.length);
      for (const [percent, value] of [
        [50, found.latencyMsP50],
        [95, found.latencyMsP95],
        [99, found.latencyMsP99],
      ] as const) {
        const exact = all[Math.ceil((percent * all.length) / 100) - 1];
        if (exact === undefined) expect(value).toBe(null);
        else expect(isNear(value ?? Number.NaN, exact), `p${percent} is ${value}, exact ${exact}`).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a longer latency is never in a lower bin, and the longest has one [cost/C15]", () => {
  fc.assert(
    fc.property(latency, latency, (a, b) => {
      const [shorter, longer] = a < b ? [a, b] : [b, a];
      expect(latencyBinOf(shorter)).toBeLessThanOrEqual(latencyBinOf(longer));
      expect(latencyBinOf(longer)).toBeLessThanOrEqual(lastBin);
    }),
  );
});

test("bins are read as they were written, counts past 2^32 included [cost/C15]", () => {
  const counts = fc.oneof(
    fc.integer({ min: 1, max: 40 }),
    fc.maxSafeNat().filter((count) => count > 0),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.nat({ max: lastBin }).map(String), counts), (found) => {
      const bins = Object.entries(found)
        .map(([bin, count]) => [Number(bin), count])
        .sort(([a = 0], [b = 0]) => a - b)
        .flat();
      const text = textOfBins(bins);
      expect(text).toMatch(/^[0-o]*$/);
      expect(binsIn(text, lastBin)).toEqual(bins);
    }),
  );
});

test("a text that is no histogram adds nothing, and answers no percentile [cost/C15]", () => {
  const histogram = new LatencyHistogram();
  histogram.add(100);
  const before = histogram.text();
  const wrong = [
    "0",
    "P",
    "1é",
    "10",
    "1100",
    "11o",
    "ooooooooooooooooo1",
    `${"P".repeat(300)}01`,
    `0${"P".repeat(300)}1`,
    "1 1",
    textOfBins([lastBin + 1, 1]),
  ];
  for (const text of wrong) {
    histogram.addText(text);
    expect(percentilesOf(text), text).toEqual([Number.NaN, Number.NaN, Number.NaN, 0]);
  }
  expect(histogram.text()).toBe(before);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const bins = binsIn(text, lastBin);
      if (bins !== null) expect(percentilesOf(text).at(-1)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("twenty latencies have the nineteenth as their p95, and the last as their p99 [cost/C15]", () => {
  const histogram = new LatencyHistogram();
  for (let i = 1; i <= 20; i++) histogram.add(2 ** i);
  const { latencyMsP50, latencyMsP95, latencyMsP99 } = namedPercentiles(percentilesOf(histogram.text()));
  expect(isNear(latencyMsP50 ?? 0, 2 ** 10)).toBe(true);
  expect(isNear(latencyMsP95 ?? 0, 2 ** 19)).toBe(true);
  expect(isNear(latencyMsP99 ?? 0, 2 ** 20)).toBe(true);
});

test("the bounds of the usual bins are theirs to the last bit", () => {
  const { first, leastMs } = usualBinBounds();
  expect(leastMs.length).toBeGreaterThan(200);
  const before = (ms: number) => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, ms);
    bits.setBigInt64(0, bits.getBigInt64(0) - 1n);
    return bits.getFloat64(0);
  };
  for (const [i, ms] of leastMs.entries()) {
    expect(latencyBinOf(ms)).toBe(first + i);
    expect(latencyBinOf(before(ms))).toBe(first + i - 1);
  }
});
