// `pnpm requirements [FAMILY]`: lists each requirement with the test files whose titles name it,
// and fails on one without any and on a tag that names none. It only reads the files; whether those
// tests ran and passed is what `pnpm cases` judges.
//
//   --tables FOLDER  other tables than those in guarantees/
//   --tests FOLDER   other tests than those of the packages
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { readTables, tagsOf } from "./guarantee-table.mjs";
import { root } from "./pnpm.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tables: { type: "string" }, tests: { type: "string" } },
});
const familyOf = (tag) => tag.slice(0, tag.indexOf("/"));
const all = readTables(values.tables ?? join(root, ".ci", "guarantees"), "requirements");
const families = [...new Set(all.map(({ tag }) => familyOf(tag)))];
const strange = positionals.filter((name) => !families.includes(name));
if (strange.length > 0) {
  console.error(`No such requirements: ${strange.join(", ")}. There are: ${families.join(", ")}.`);
  process.exit(2);
}
const requirements = all.filter(({ tag }) => positionals.length === 0 || positionals.includes(familyOf(tag)));
const files = testFiles().map((path) => ({ path, tags: tagsOf(readFileSync(path, "utf8")) }));

const missing = [];
for (const { tag, sentence, isPlanned } of requirements) {
  const own = files.filter(({ tags }) => tags.includes(tag));
  const state = own.length > 0 ? "tested" : isPlanned ? "planned" : "MISSING";
  if (state === "MISSING") missing.push(tag);
  console.log(`${tag} (${state}${isPlanned && own.length > 0 ? ", not finished" : ""}): ${sentence}`);
  for (const { path } of own) console.log(`    ${relative(root, path)}`);
}
const known = new Set(all.map(({ tag }) => tag));
const unknown = files.flatMap(({ path, tags }) =>
  tags
    .filter((tag) => families.includes(familyOf(tag)) && !known.has(tag))
    .map((tag) => `${tag} in ${relative(root, path)}`),
);

console.log();
for (const family of families) {
  const own = requirements.filter(({ tag }) => familyOf(tag) === family);
  if (own.length === 0) continue;
  const planned = own.filter(({ isPlanned }) => isPlanned).length;
  const state = planned === 0 ? "finished" : `${planned} of ${own.length} are not finished`;
  console.log(`${family}: ${own.length} requirements, ${state}.`);
}
if (missing.length > 0) console.log(`Without a test: ${missing.join(", ")}`);
if (unknown.length > 0) console.log(`Tags that name no requirement: ${unknown.join(", ")}`);
// Not `process.exit`, which would cut what a pipe has not taken yet.
process.exitCode = missing.length + unknown.length === 0 ? 0 : 1;

/** The files of tests, and those that tests share. */
function testFiles() {
  const packages = join(root, "packages");
  const folders = values.tests
    ? [values.tests]
    : readdirSync(packages).flatMap((name) =>
        ["test", "contract"].map((place) => join(packages, name, place)),
      );
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, file)))
    .filter((file) => /\.tsx?$/.test(file) && !file.includes("node_modules"))
    .sort();
}
