// `pnpm check`: the one gate, the same on a desk and in CI. Each step runs even when one before it
// failed, so that one run shows all that is wrong; a failed build ends it, since nothing after it
// would mean anything.
import { join } from "node:path";
import process from "node:process";
import { pnpmCommand, root, succeeds } from "./pnpm.mjs";
import { suites } from "./suites.mjs";
import { clearReports, reportOf, runSuite, testSummary } from "./tests.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
clearReports();

const steps = [
  ["build", () => succeeds(...pnpmCommand(["--silent", "run", "build"]))],
  ["format and lint", () => succeeds(bin("biome"), ["check", "--error-on-warnings", "."])],
  ["types", () => succeeds(...pnpmCommand(["--silent", "run", "types"]))],
  ["unused files, exports and dependencies", () => succeeds(bin("knip"), [])],
  ["surface: as it is written down", () => succeeds(process.execPath, [".ci/surface.mjs", "--check"])],
  ["index: as the tree is", () => succeeds(process.execPath, [".ci/index.mjs", "--check"])],
  ["requirements: each has a test", () => succeeds(process.execPath, [".ci/requirements.mjs"])],
  ["tarballs: publint, attw, ESM and CJS import", () => succeeds(process.execPath, [".ci/tarballs.mjs"])],
  ...suites.map((suite) => [`tests: ${suite}`, () => runSuite(suite)]),
  [
    "cases: each guarantee has a test",
    () =>
      succeeds(process.execPath, [
        ".ci/cases.mjs",
        ...suites.flatMap((suite) => ["--report", reportOf(suite)]),
      ]),
  ],
];

const started = performance.now();
const failed = [];
for (const [name, run] of steps) {
  const stepStarted = performance.now();
  console.log(`\n== ${name}`);
  const ok = run();
  console.log(`== ${name}: ${ok ? "ok" : "FAILED"} (${seconds(stepStarted)} s)`);
  if (!ok) {
    failed.push(name);
    if (name === "build") break;
  }
}

console.log(`\n${testSummary()}`);
const total = `${seconds(started)} s in all`;
console.log(failed.length === 0 ? `\nGate: ok, ${total}` : `\nGate: FAILED (${failed.join("; ")}), ${total}`);
process.exit(failed.length === 0 ? 0 : 1);

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
