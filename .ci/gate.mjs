// `pnpm check`: the one gate, the same on a desk and in CI. Each step runs even when one before it
// failed, so that one run shows all that is wrong; a failed build ends it, since nothing after it
// would mean anything. Checks that need only the build run side by side.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { outputOf, pnpmCommand, root, succeeds } from "./pnpm.mjs";
import { suites } from "./suites.mjs";
import { clearReports, reportOf, runSuite, testSummary } from "./tests.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
clearReports();

const node = (...args) => [process.execPath, args];
const checks = [
  ["types", pnpmCommand(["--silent", "run", "types"])],
  ["surface: as it is written down", node(".ci/surface.mjs", "--check")],
  ["tarballs: publint, attw, ESM and CJS import", node(".ci/tarballs.mjs")],
  ["format and lint", [bin("biome"), ["check", "--error-on-warnings", "."]]],
  ["unused files, exports and dependencies", [bin("knip"), []]],
  ["index: as the tree is", node(".ci/index.mjs", "--check")],
  ["requirements: each has a test", node(".ci/requirements.mjs")],
];
const reports = suites.flatMap((suite) => ["--report", reportOf(suite)]);
const steps = [
  ...suites.map((suite) => [`tests: ${suite}`, () => runSuite(suite)]),
  ["cases: each guarantee has a test", () => succeeds(process.execPath, [".ci/cases.mjs", ...reports])],
];

const started = performance.now();
const failed = [];
if (runStep("build", () => succeeds(...pnpmCommand(["--silent", "run", "build"])))) {
  await runChecks();
  for (const [name, run] of steps) runStep(name, run);
}

console.log(`\n${testSummary()}`);
const total = `${seconds(started)} s in all`;
console.log(failed.length === 0 ? `\nGate: ok, ${total}` : `\nGate: FAILED (${failed.join("; ")}), ${total}`);
process.exit(failed.length === 0 ? 0 : 1);

function runStep(name, run) {
  const stepStarted = performance.now();
  console.log(`\n== ${name}`);
  const ok = run();
  tell(name, ok, stepStarted);
  return ok;
}

/** As many at a time as there are cores. The output of each is shown when it has ended. */
async function runChecks() {
  const left = [...checks];
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, command] = next;
      const checkStarted = performance.now();
      const { code, output } = await outputOf(command).catch(({ message }) => ({ code: 1, output: message }));
      console.log(`\n== ${name}${output === "" ? "" : `\n${output.trimEnd()}`}`);
      tell(name, code === 0, checkStarted);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

function tell(name, ok, since) {
  console.log(`== ${name}: ${ok ? "ok" : "FAILED"} (${seconds(since)} s)`);
  if (!ok) failed.push(name);
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
