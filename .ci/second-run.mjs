// A test that failed may be unsteady: it passes when its file runs again with the machine to
// itself. The gate names it as a defect and goes on, since it says nothing about the change. A file
// that fails again is a failure, and so are more unsteady files than these.
import { readFileSync, writeFileSync } from "node:fs";

/** How many files of a suite may be unsteady. */
export const mostUnsteadyFiles = 2;

/** The files that are worth a second run; empty where there is nothing to find out. */
export function filesToRunAgain(suite, failedFiles) {
  // The tests of `unit` wait for nothing outside, so a second run could only hide a fault.
  if (suite === "unit" || failedFiles === null) return [];
  return failedFiles.length <= mostUnsteadyFiles ? failedFiles : [];
}

/** Puts the files of a second run in place of the same ones in the report of the first. */
export function replaceInReport(path, second) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  const again = new Map(second.testResults.map((result) => [result.name, result]));
  const before = report.testResults.filter(({ name }) => again.has(name));
  report.testResults = report.testResults.map((result) => again.get(result.name) ?? result);
  const count = (results, status) =>
    results.flatMap(({ assertionResults }) => assertionResults).filter((test) => test.status === status)
      .length;
  for (const [field, status] of [
    ["numPassedTests", "passed"],
    ["numFailedTests", "failed"],
  ]) {
    report[field] += count(second.testResults, status) - count(before, status);
  }
  writeFileSync(path, JSON.stringify(report));
}
