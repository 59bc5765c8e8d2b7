import { expect, test } from "vitest";
import { faultOfPauses, type Pause } from "../conformance/pauses.js";

/** Numbers from 0 up to 1, the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The pauses of a client whose bound doubles from 250 ms to a bound of its own. */
function pausesOf(count: number, longestMs: number, share: (boundMs: number) => number): Pause[] {
  return Array.from({ length: count }, (_, i) => {
    const boundMs = Math.min(longestMs, 250 * 2 ** i);
    return { ms: Math.round(share(boundMs) * boundMs), failures: i + 1 };
  });
}

test("random pauses have no fault, however many there are and whichever bound the client lets them grow to [conformance/R4]", () => {
  for (const longestMs of [2_000, 3_000, 5_000, 10_000, 30_000]) {
    for (const count of [5, 10, 60, 200]) {
      const faults: string[] = [];
      for (let seed = 0; seed < 500; seed++) {
        const fault = faultOfPauses(pausesOf(count, longestMs, randomFrom(seed * 7_919 + count)));
        if (fault !== undefined) faults.push(`${seed}: ${fault}`);
      }
      expect(faults, `${count} pauses of at most ${longestMs} ms`).toEqual([]);
    }
  }
});

test("pauses that follow a rule have a fault: always as long, the whole bound, a part of it, with a little chance [conformance/R4]", () => {
  const random = randomFrom(1);
  const rules: Record<string, (boundMs: number) => number> = {
    "the whole bound": () => 1,
    "half of it": () => 0.5,
    "a tenth more or less": () => 0.8 + 0.2 * random(),
    "always 100 ms": (boundMs) => 100 / boundMs,
    "100 ms and up to 20 more": (boundMs) => (100 + 20 * random()) / boundMs,
  };
  const missed = Object.entries(rules).flatMap(([rule, share]) =>
    [2_000, 5_000, 30_000]
      .filter((longestMs) => faultOfPauses(pausesOf(30, longestMs, share)) === undefined)
      .map((longestMs) => `${rule}, ${longestMs} ms`),
  );
  expect(missed).toEqual([]);
});
