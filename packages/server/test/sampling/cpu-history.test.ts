import fc from "fast-check";
import { expect, test } from "vitest";
import { CpuHistory } from "../../src/sampling/cpu-history.js";

function inRounds(
  history: CpuHistory,
  ...rounds: [pid: number, start: number, cpuMs: number, atMs: number][]
) {
  return rounds.map(([pid, start, cpuMs, atMs]) => {
    history.beginRound();
    return history.measure(pid, { start, cpuMs, atMs });
  });
}

test("null at first, then the share of the time between two looks", () => {
  const told = inRounds(
    new CpuHistory(),
    [7, 1, 500, 0],
    [7, 1, 2_000, 15_000],
    [7, 1, 32_000, 30_000],
    [7, 1, 32_000, 45_000],
  );
  expect(told).toEqual([null, 10, 200, 0]);
});

test("another process under the pid is new, by its start or by its CPU time that shrank", () => {
  expect(inRounds(new CpuHistory(), [7, 1, 500, 0], [7, 2, 900, 1_000], [7, 2, 1_000, 2_000])).toEqual([
    null,
    null,
    10,
  ]);
  expect(inRounds(new CpuHistory(), [7, 1, 500, 0], [7, 1, 400, 1_000], [7, 1, 500, 2_000])).toEqual([
    null,
    null,
    10,
  ]);
});

test("starts that are known roughly are one within the tolerance", () => {
  const told = inRounds(
    new CpuHistory(100),
    [7, 1_000, 0, 0],
    [7, 1_090, 100, 1_000],
    [7, 1_180, 200, 2_000],
    [7, 1_300, 300, 3_000],
  );
  expect(told).toEqual([null, 10, 10, null]);
});

test("a look soon after another gives the same answer, and takes nothing from the next", () => {
  const told = inRounds(
    new CpuHistory(),
    [7, 1, 0, 0],
    [7, 1, 10, 20],
    [7, 1, 100, 1_000],
    [7, 1, 110, 1_010],
    [7, 1, 300, 2_000],
  );
  expect(told).toEqual([null, null, 10, 10, 20]);
});

test("what a round did not ask for is forgotten, what failed is kept", () => {
  const history = new CpuHistory();
  const look = (cpuMs: number, atMs: number) => history.measure(7, { start: 1, cpuMs, atMs });
  history.beginRound();
  look(0, 0);
  history.beginRound();
  history.keep(7);
  history.beginRound();
  expect(look(200, 1_000)).toBe(20);
  history.beginRound();
  history.beginRound();
  expect(look(300, 2_000)).toBeNull();
});

test("never negative, never NaN, and null exactly in the first look of a process", () => {
  const reading = fc.record({ start: fc.nat(3), cpuMs: fc.nat(100_000), afterMs: fc.nat(20_000) });
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 20 }), (readings) => {
      const history = new CpuHistory();
      let atMs = 0;
      for (const { start, cpuMs, afterMs } of readings) {
        atMs += afterMs;
        history.beginRound();
        const told = history.measure(7, { start, cpuMs, atMs });
        if (told !== null) expect(told).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
