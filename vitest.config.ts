import { availableParallelism } from "node:os";
import process from "node:process";
import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./.ci/slowest-first.mjs";
import { suiteFiles } from "./.ci/suites.mjs";

const suites = suiteFiles();
// `pnpm long` repeats the same scenarios far more often.
const isLong = process.env["KISSBOT_LONG_TESTS"] === "1";
const shared = { testTimeout: isLong ? 900_000 : 180_000, hookTimeout: 180_000 };
// Vitest leaves one core to itself, which of two is half.
const maxWorkers = Math.max(2, availableParallelism());
/** Most tests of `process` wait for a process, a socket or a time. */
const waitingWorkers = Math.max(4, availableParallelism());

// One suite after another, also in a run of all of them: what is measured in `system` has the cores for itself.
export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    projects: [
      { test: { ...shared, name: "unit", include: suites.unit, maxWorkers, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: "process",
          include: suites.process,
          maxWorkers: waitingWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: "system",
          include: suites.system,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
