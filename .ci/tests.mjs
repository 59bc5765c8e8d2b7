// `pnpm long`: every suite, and each scenario with chance in it as often as it takes to trust it;
// before each release. The gate runs the same suites with fewer repetitions.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { clearFailures, readFailedFiles, readFailures } from "./failures.mjs";
import { root, succeeds } from "./pnpm.mjs";
import { filesToRunAgain, replaceInReport } from "./second-run.mjs";
import { suites } from "./suites.mjs";

const vitest = join(root, "node_modules", ".bin", "vitest");

/** Where the JSON report of a suite is. */
export const reportOf = (suite) => join(root, ".tmp", `vitest-${suite}.json`);

/** What failed once, and passed when its file ran again. */
const unsteadyPath = join(root, ".tmp", "unsteady.txt");

/** Forgets the reports of an earlier run. */
export function clearReports() {
  mkdirSync(join(root, ".tmp"), { recursive: true });
  for (const suite of suites) {
    rmSync(reportOf(suite), { force: true });
    clearFailures(suite);
  }
  rmSync(unsteadyPath, { force: true });
}

/** Runs one suite; true where all of its tests passed, a few files at their second run. */
export function runSuite(suite) {
  if (runFiles(suite, [], reportOf(suite))) return true;
  // `pnpm long` looks for what fails once in many runs.
  const isLong = process.env.KISSBOT_LONG_TESTS === "1";
  const again = isLong ? [] : filesToRunAgain(suite, readFailedFiles(suite));
  if (again.length === 0) return false;
  const failures = readFailures(suite);
  console.log(`\nOnce more, by themselves: ${again.join(", ")}`);
  const second = join(root, ".tmp", `vitest-${suite}-again.json`);
  rmSync(second, { force: true });
  if (!runFiles(suite, again, second)) return false;
  replaceInReport(reportOf(suite), JSON.parse(readFileSync(second, "utf8")));
  appendFileSync(unsteadyPath, `${failures}\n`);
  return true;
}

/** True where all tests of the files passed; of the whole suite where none is named. */
function runFiles(suite, files, report) {
  return succeeds(vitest, [
    "run",
    ...files,
    "--project",
    suite,
    "--reporter=default",
    "--reporter=json",
    "--reporter=./.ci/failures.mjs",
    `--outputFile.json=${report}`,
  ]);
}

/**
 * What failed in the suites that ran, which files took longest, and how many tests passed, failed
 * and were skipped.
 */
export function testSummary() {
  const reports = suites
    .map(reportOf)
    .filter(existsSync)
    .map((path) => JSON.parse(readFileSync(path, "utf8")));
  if (reports.length === 0) return "no test ran";
  const sum = (...fields) =>
    reports.reduce((total, report) => total + fields.reduce((part, field) => part + report[field], 0), 0);
  const files = reports
    .flatMap(({ testResults }) => testResults)
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1_000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 10)
    .map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${relative(root, name)}`);
  const counts = `${sum("numPassedTests")} passed, ${sum("numFailedTests")} failed, ${sum("numPendingTests", "numTodoTests")} skipped`;
  const failures = suites.map(readFailures).filter((text) => text !== "");
  return [
    "The slowest test files:",
    ...files,
    ...unsteadyTests(),
    ...(failures.length === 0 ? [] : ["\nWhat failed:", ...failures]),
    counts,
  ].join("\n");
}

function unsteadyTests() {
  if (!existsSync(unsteadyPath)) return [];
  const heading =
    "\nUnsteady: failed, and passed at a second run. Each is a defect of the test or of the code:";
  return [heading, readFileSync(unsteadyPath, "utf8")];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.env.KISSBOT_LONG_TESTS = "1";
  clearReports();
  const failed = suites.filter((suite) => !runSuite(suite));
  console.log(`\n${testSummary()}`);
  if (failed.length > 0) console.log(`Failed: ${failed.join(", ")}`);
  process.exit(failed.length === 0 ? 0 : 1);
}
