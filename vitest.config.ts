import { defineConfig } from "vitest/config";
import { suiteFiles } from "./.ci/suites.mjs";

const { unit, process, system } = suiteFiles();
const shared = { testTimeout: 30_000, hookTimeout: 60_000 };

// One suite after another, also in a run of all of them: what is measured in `system` has the cores for itself.
export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: "unit", include: unit, sequence: { groupOrder: 0 } } },
      { test: { ...shared, name: "process", include: process, sequence: { groupOrder: 1 } } },
      {
        test: {
          ...shared,
          name: "system",
          include: system,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
