import { availableParallelism } from "node:os";
import process from "node:process";
import { defineConfig } from "vitest/config";
import { suiteFiles } from "./.ci/suites.mjs";

const suites = suiteFiles();
// `pnpm long` repeats the same scenarios far more often.
const isLong = process.env["KISSBOT_LONG_TESTS"] === "1";
const shared = { testTimeout: isLong ? 900_000 : 180_000, hookTimeout: 180_000 };
// Vitest leaves one core to itself, which of two is half.
const maxWorkers = Math.max(2, availableParallelism());

// One suite after another, also in a run of all of them: what is measured in `system` has the cores for itself.
export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: "unit", include: suites.unit, maxWorkers, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: "process",
          include: suites.process,
          maxWorkers,
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
