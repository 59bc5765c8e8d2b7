// A vitest reporter: writes what failed in a suite to a file, so that the gate can print it once
// more at its very end, where it is found. The JSON report knows nothing of a file that failed to
// load or of an error outside of any test.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "./pnpm.mjs";

const failuresOf = (suite) => join(root, ".tmp", `failures-${suite}.txt`);

const failedFilesOf = (suite) => join(root, ".tmp", `failed-files-${suite}.json`);

/** How many lines of an error's message are repeated. */
const linesOfMessage = 12;

/** Forgets what failed in an earlier run. */
export function clearFailures(suite) {
  rmSync(failuresOf(suite), { force: true });
  rmSync(failedFilesOf(suite), { force: true });
}

/** What failed in a suite, one paragraph for each failure; empty where nothing did. */
export function readFailures(suite) {
  try {
    return readFileSync(failuresOf(suite), "utf8");
  } catch {
    return "";
  }
}

/** The test files with a failure, from the root; null where an error belongs to no file. */
export function readFailedFiles(suite) {
  try {
    return JSON.parse(readFileSync(failedFilesOf(suite), "utf8"));
  } catch {
    return null;
  }
}

// biome-ignore lint/style/noDefaultExport: vitest takes the default export of a reporter.
export default class FailureReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const paragraphs = [];
    const add = (where, errors) => {
      for (const error of errors) paragraphs.push(`${where}\n${indented(error)}\n`);
    };
    for (const module of modules) {
      const file = relative(root, module.moduleId);
      add(file, module.errors());
      for (const suite of module.children.allSuites()) add(`${file} > ${suite.fullName}`, suite.errors());
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "failed") add(`${file} > ${test.fullName}`, result.errors);
      }
    }
    add("outside of any test", unhandledErrors);
    const suite = modules[0]?.project.name ?? "all";
    if (paragraphs.length === 0) clearFailures(suite);
    else {
      writeFileSync(failuresOf(suite), paragraphs.join("\n"));
      const failed = modules.filter((module) => !module.ok()).map(({ moduleId }) => relative(root, moduleId));
      writeFileSync(failedFilesOf(suite), JSON.stringify(unhandledErrors.length > 0 ? null : failed));
    }
  }
}

function indented({ name, message, stacks = [] }) {
  const lines = stripVTControlCharacters(`${name ?? "Error"}: ${message}`)
    .split("\n")
    .slice(0, linesOfMessage);
  const [place] = stacks;
  if (place !== undefined) lines.push(`at ${relative(root, place.file)}:${place.line}`);
  return lines.map((line) => `    ${line}`).join("\n");
}
