import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.js";
import { createProbe, UnusableProbe } from "../../src/sampling/create-probe.js";
import { PidusageProbe } from "../../src/sampling/pidusage-probe.js";
import { ProcProbe } from "../../src/sampling/proc-probe.js";

const linux = { platform: "linux", procRoot: "/proc" };
const mac = { platform: "darwin", procRoot: "/proc" };
const bare = { platform: "linux", procRoot: "/nowhere" };

test.runIf(process.platform === "linux")("auto is proc on a Linux that has it", () => {
  expect(createProbe("auto", systemClock)).toBeInstanceOf(ProcProbe);
  expect(createProbe("proc", systemClock, linux)).toBeInstanceOf(ProcProbe);
});

test("auto is pidusage elsewhere", () => {
  expect(createProbe("auto", systemClock, mac)).toBeInstanceOf(PidusageProbe);
  expect(createProbe("auto", systemClock, bare)).toBeInstanceOf(PidusageProbe);
  expect(createProbe("pidusage", systemClock, linux)).toBeInstanceOf(PidusageProbe);
});

test("proc where it cannot be says why and what can", () => {
  expect(() => createProbe("proc", systemClock, mac)).toThrow(UnusableProbe);
  expect(() => createProbe("proc", systemClock, mac)).toThrow(/this is darwin; use --probe pidusage/);
  expect(() => createProbe("proc", systemClock, bare)).toThrow(
    /\/nowhere\/self\/stat cannot be read \(ENOENT\)/,
  );
});
