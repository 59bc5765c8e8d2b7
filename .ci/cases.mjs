// `pnpm cases [KIND]`: prints each guarantee with the tests that prove it, and fails on one without
// a test that ran and passed, and on a tag that names no guarantee. One that is planned needs no
// test yet. KIND is a folder of guarantees/, such as `faults`; without one, all of them.
//
//   --report FILE    judge this JSON report of vitest, as the gate does, instead of running the
//                    tagged tests; may be repeated
//   --tables FOLDER  other tables than those in guarantees/
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { kindsIn, readTables, taggedTests, tagPattern, tagsOf, verdictOf } from "./guarantee-table.mjs";
import { root } from "./pnpm.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { report: { type: "string", multiple: true }, tables: { type: "string" } },
});
const folder = values.tables ?? join(root, ".ci", "guarantees");
const kinds = positionals.length > 0 ? positionals : kindsIn(folder);
const guarantees = kinds.flatMap((kind) => readTables(folder, kind));
// A tag may belong to a table of another kind, which another run judges.
const known = new Set(kindsIn(folder).flatMap((kind) => readTables(folder, kind).map(({ tag }) => tag)));

const reports = values.report ?? [runTagged()];
const absent = reports.find((report) => !existsSync(report));
if (absent !== undefined) {
  console.error(`There is no report of a test run at ${absent}.`);
  process.exit(1);
}
const tests = reports.flatMap((report) => taggedTests(JSON.parse(readFileSync(report, "utf8"))));

const faults = { missing: [], failed: [], skipped: [] };
for (const { tag, sentence, isPlanned } of guarantees) {
  const own = tests.filter(({ tags }) => tags.includes(tag));
  const found = verdictOf(own);
  const verdict = isPlanned && found !== "failed" ? "planned" : found;
  faults[verdict]?.push(tag);
  console.log(`${tag} (${verdict}): ${sentence}`);
  for (const { file, title, status } of own) {
    const mark = status === "passed" ? "" : `${status.toUpperCase()} `;
    console.log(`    ${mark}${relative(root, file)}: ${title.replace(tagPattern, "").trim()}`);
  }
}

const unknown = tests.flatMap(({ tags, title }) =>
  tags.filter((tag) => !known.has(tag)).map((tag) => `${tag} in "${title}"`),
);
const skippedCounts = Boolean(process.env.CI) && process.env.CI !== "false";
const built = guarantees.filter(({ isPlanned }) => !isPlanned);
const planned = new Set(guarantees.filter(({ isPlanned }) => isPlanned).map(({ tag }) => tag));
const unproven = [...faults.missing, ...faults.failed, ...faults.skipped].filter((tag) => !planned.has(tag));
const proven = built.length - unproven.length;
console.log(`\n${proven} of ${built.length} guarantees have a test that ran and passed.`);
if (planned.size > 0) console.log(`${planned.size} more are planned.`);
tell("Without a test", faults.missing);
tell("With a test that failed", faults.failed);
tell(
  `With no test that can run on this machine${skippedCounts ? "" : " (fails with CI=true)"}`,
  faults.skipped,
);
tell("Tags that name no guarantee", unknown);
const bad = [...faults.missing, ...faults.failed, ...unknown, ...(skippedCounts ? faults.skipped : [])];
process.exit(bad.length === 0 ? 0 : 1);

function tell(heading, entries) {
  if (entries.length > 0) console.log(`${heading}: ${entries.join(", ")}`);
}

/**
 * Runs the tests whose titles have a tag, and returns the path of the report. What the tests load
 * must be built.
 */
function runTagged() {
  const file = join(root, ".tmp", "cases.json");
  mkdirSync(join(root, ".tmp"), { recursive: true });
  rmSync(file, { force: true });
  const places = [...new Set(readdirSync(join(root, "packages")).flatMap(placesWithTags))];
  if (places.length === 0) {
    console.error("No test has a tag.");
    process.exit(1);
  }
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const pattern = tagPattern.source;
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  spawnSync(process.execPath, [vitest, "run", ...places, "-t", pattern, ...reporters], {
    cwd: root,
    stdio: "inherit",
  });
  return file;
}

/** Test files with a tag; the whole package if a file that tests share has one. */
function placesWithTags(name) {
  const tests = join("packages", name, "test");
  if (!existsSync(join(root, tests))) return [];
  return [tests, join("packages", name, "contract")]
    .filter((place) => existsSync(join(root, place)))
    .flatMap((place) => readdirSync(join(root, place), { recursive: true }).map((file) => join(place, file)))
    .filter((file) => file.endsWith(".ts") && tagsOf(readFileSync(join(root, file), "utf8")).length > 0)
    .map((file) => (file.endsWith(".test.ts") ? file : tests));
}
