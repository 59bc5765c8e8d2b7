import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { readPackages, root } from "./source-tree.js";

interface Suites {
  readonly unit: readonly string[];
  readonly process: readonly string[];
  readonly system: readonly string[];
  readonly slow: readonly string[];
}

const script =
  'import("./.ci/suites.mjs").then(({ suiteFiles, slowFiles }) => console.log(JSON.stringify({ ...suiteFiles(), slow: slowFiles })))';
const told = spawnSync(process.execPath, ["--eval", script], { cwd: root, encoding: "utf8" }).stdout;
const suites = JSON.parse(told) as Suites;
const tests = readPackages()
  .flatMap(({ files }) => files)
  .filter(
    ({ path }) => /^packages\/[\w-]+\/test\//.test(path) && path !== "packages/e2e/test/test-rules.test.ts",
  );

test("each test file belongs to exactly one suite", () => {
  const all = [...suites.unit, ...suites.process, ...suites.system];
  const files = tests.map(({ path }) => path).filter((path) => path.endsWith(".test.ts"));
  expect(all.filter((path) => !path.endsWith("test-rules.test.ts")).sort()).toEqual(files.sort());
  expect(new Set(all).size).toBe(all.length);
});

test("each file that is begun first is one of the suite whose files run side by side", () => {
  expect(new Set(suites.slow).size).toBe(suites.slow.length);
  for (const path of suites.slow) expect(suites.process).toContain(path);
});

test("a test that reaches out of its process, by itself or by what it imports, is no unit test", () => {
  expect(suites.unit).toContain("packages/server/test/registry/model.test.ts");
  // By an import of its own, by one of a file beside it, and by the testkit.
  expect(suites.process).toContain("packages/server/test/logger.test.ts");
  expect(suites.process).toContain("packages/server/test/http/bots.test.ts");
  expect(suites.process).toContain("packages/store/test/kill.test.ts");
  expect(suites.system).toContain("packages/e2e/test/system/freeze.test.ts");
});

/** What waits for a time to be over, and not for what it is to bring. */
const sleeps = [
  /\bsetTimeout\b[^;]*from "node:timers\/promises"/,
  // With a `reject` beside it a timer is a deadline.
  /\bnew Promise(?:<\w+>)?\(\(\w*\) =>[^;]*\bsetTimeout\(/,
  /\bAtomics\.wait\(/,
  /\bsetTimeout\(\s*(?:resolve|done|next|r)\b/,
];

/**
 * A text in backquotes is a program that a test runs in a process of its own: how long that lives
 * is the scenario.
 */
function withoutPrograms(text: string): string {
  return text.replace(/`(?:\\.|[^`\\])*`/g, "``");
}

test("no test sleeps: it polls with `until`, and says with `lasting` that a scenario is a duration", () => {
  expect(tests.length).toBeGreaterThan(150);
  const found = tests.flatMap(({ path, text }) => {
    // Where the timers are fake no time passes.
    if (path.startsWith("packages/testkit/") || text.includes("useFakeTimers")) return [];
    const own = withoutPrograms(text);
    return sleeps.flatMap((sleep) => sleep.exec(own) ?? []).map((sleep) => `${path}: ${sleep}`);
  });
  expect(found).toEqual([]);
});

test.each([
  'import { setTimeout as delay } from "node:timers/promises";',
  "await new Promise((resolve) => setTimeout(resolve, 100));",
  "await new Promise<void>((done) => {\n  setTimeout(done, 5);\n});",
  "Atomics.wait(shared, 0, 0, 50);",
])("the rule knows a sleep: %j", (text) => {
  expect(sleeps.some((sleep) => sleep.test(text))).toBe(true);
});

test("no unit test lasts", () => {
  const units = tests.filter(({ path }) => suites.unit.includes(path));
  expect(units.length).toBeGreaterThan(40);
  for (const { path, text } of units) expect(text, path).not.toMatch(/\blasting\(/);
});
