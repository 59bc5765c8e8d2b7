import { describe, expect, test } from "vitest";
import { isSilent, silentAfterMs } from "../../src/fleet/silence.js";
import { playHistory } from "./fleet-history.js";

const histories = 20_000;

/** The same numbers in each run (mulberry32). */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("the rule of silence", () => {
  test.each([
    [null, 30_000],
    [1, 30_000],
    [5, 30_000],
    [7.5, 30_000],
    [10, 40_000],
    [60, 240_000],
  ])("a host that beats every %s s may be unheard for %i ms", (beatS, ms) => {
    expect(silentAfterMs(beatS)).toBe(ms);
    const at = (nowMs: number) => isSilent({ nowMs, seenAtMs: 1_000, attendedSinceMs: 0, beatS });
    expect([at(1_000), at(1_000 + ms), at(1_001 + ms)]).toEqual([false, false, true]);
  });

  test("counts no time in which nobody watched", () => {
    const heard = { nowMs: 1e9, seenAtMs: 0, beatS: 5 };
    expect(isSilent({ ...heard, attendedSinceMs: null })).toBe(false);
    expect(isSilent({ ...heard, attendedSinceMs: 1e9 - 30_000 })).toBe(false);
    expect(isSilent({ ...heard, attendedSinceMs: 1e9 - 30_001 })).toBe(true);
  });

  test(`has no false and no missed verdict in ${histories} histories of outages, cuts, deaths and steps of the clock [fleet/T12]`, () => {
    const sum = { falseVerdicts: 0, missed: 0, needlessRestarts: 0, verdicts: 0 };
    for (let seed = 1; seed <= histories; seed++) {
      const faults = playHistory(chanceFrom(seed));
      const { falseVerdicts, missed, needlessRestarts } = faults;
      expect({ seed, falseVerdicts, missed, needlessRestarts }).toEqual({
        seed,
        falseVerdicts: 0,
        missed: 0,
        needlessRestarts: 0,
      });
      sum.verdicts += faults.verdicts;
    }
    expect(sum.verdicts, "hosts that died were found").toBeGreaterThan(histories / 4);
  });
});
