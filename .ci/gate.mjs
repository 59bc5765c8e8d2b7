// `pnpm check`: the one gate, the same on a desk and in CI. Each step runs even when one before it failed,
// so that one run shows all that is wrong; a failed build ends it, since nothing after it would mean anything.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pnpmCommand, root, succeeds } from "./pnpm.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
const report = join(root, ".tmp", "vitest.json");
mkdirSync(join(root, ".tmp"), { recursive: true });
rmSync(report, { force: true });

const steps = [
  ["build", () => succeeds(...pnpmCommand(["--silent", "run", "build"]))],
  ["format and lint", () => succeeds(bin("biome"), ["check", "--error-on-warnings", "."])],
  ["types", () => succeeds(...pnpmCommand(["--silent", "run", "types"]))],
  ["unused files, exports and dependencies", () => succeeds(bin("knip"), [])],
  ["surface: as it is written down", () => succeeds(process.execPath, [".ci/surface.mjs", "--check"])],
  ["tarballs: publint, attw, ESM and CJS import", () => succeeds(process.execPath, [".ci/tarballs.mjs"])],
  [
    "tests",
    () =>
      succeeds(bin("vitest"), [
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
      ]),
  ],
  [
    "cases: each guarantee has a test",
    () => succeeds(process.execPath, [".ci/cases.mjs", "--report", report]),
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

const total = `${seconds(started)} s in all`;
console.log(failed.length === 0 ? `\nGate: ok, ${total}` : `\nGate: FAILED (${failed.join("; ")}), ${total}`);
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  console.log(
    `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`,
  );
}
process.exit(failed.length === 0 ? 0 : 1);

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
