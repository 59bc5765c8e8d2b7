import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hasEnded, parseProcStat } from "../../src/sampling/proc-stat.js";
import { statLine } from "./stat-line.js";

const count = fc.nat({ max: 2 ** 52 - 1 });
const stats = fc.record({
  pid: fc.integer({ min: 1, max: 4_194_304 }),
  comm: fc.oneof(
    fc.string({ maxLength: 64, unit: "binary" }),
    fc.constantFrom(") S 1 (", "a) Z 1 2 3", "((", "))", "\n", "", "tmux: server", "\u0080\u00ff"),
  ),
  state: fc.constantFrom("R", "S", "D", "Z", "T", "t", "X", "I"),
  userTicks: count,
  systemTicks: count,
  threads: fc.integer({ min: 0, max: 100_000 }),
  startTicks: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  rssPages: count,
});

test("every line is read back, whatever the program's name", () => {
  fc.assert(
    fc.property(stats, (stat) => {
      const { pid, state, threads, startTicks, rssPages } = stat;
      const cpuTicks = stat.userTicks + stat.systemTicks;
      expect(parseProcStat(statLine(stat))).toEqual({ pid, state, cpuTicks, threads, startTicks, rssPages });
    }),
    { numRuns: 1_000 },
  );
});

test("a line that was cut anywhere is null, never a smaller number", () => {
  fc.assert(
    fc.property(stats, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (stat, where) => {
      const line = statLine({ ...stat, comm: "bot" });
      expect(parseProcStat(line.slice(0, Math.floor(where * line.length)))).toBeNull();
    }),
    { numRuns: 1_000 },
  );
});

test("any other text is null and never throws", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: "binary" }), (text) => {
      expect(parseProcStat(text)).toBeNull();
    }),
    { numRuns: 1_000 },
  );
  const line = statLine({ pid: 7 });
  expect(parseProcStat(line.replace(" S ", " SS "))).toBeNull();
  expect(parseProcStat(line.replace("7 (", "x ("))).toBeNull();
  expect(parseProcStat(statLine({ pid: 7, startTicks: 2 ** 60 }))).toBeNull();
  expect(parseProcStat(statLine({ pid: 7, rssPages: -1 }))).toBeNull();
  expect(parseProcStat(statLine({ pid: 7, userTicks: 1.5 }))).toBeNull();
});

test.skipIf(process.platform !== "linux")("this very process is read from the real file", () => {
  const stat = parseProcStat(readFileSync("/proc/self/stat", "latin1"));
  expect(stat).toMatchObject({ pid: process.pid, state: "R" });
  expect(stat?.threads).toBeGreaterThan(1);
  expect(stat?.rssPages).toBeGreaterThan(100);
});

test("ended are the dead and the zombies, but not a process whose first thread alone is gone", () => {
  const ended = ["R", "S", "D", "T", "t", "I", "Z", "X", "x"].filter((state) =>
    hasEnded({ state, threads: 1 }),
  );
  expect(ended).toEqual(["Z", "X", "x"]);
  expect(hasEnded({ state: "Z", threads: 0 })).toBe(true);
  expect(hasEnded({ state: "Z", threads: 2 })).toBe(false);
});
