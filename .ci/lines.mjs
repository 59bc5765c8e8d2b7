// `pnpm lines [REF]`: code lines, without comments and blank lines, of each package in this tree or
// in a commit. Source is what is built into a package or builds it (`src`, `bin`, `schema`); all
// else of a package is tests and what they share.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { codeLinesOf } from "./code-lines.mjs";
import { root } from "./pnpm.mjs";

const [ref, ...more] = process.argv.slice(2);
if (more.length > 0 || ref?.startsWith("-")) {
  console.error("usage: pnpm lines [REF]");
  process.exit(2);
}

const sourceFolders = ["src", "bin", "schema"];
const totals = new Map();
for (const path of pathsOf(ref)) {
  const [, name, folder] = path.split("/");
  const total = totals.get(name) ?? { source: 0, tests: 0 };
  total[sourceFolders.includes(folder) ? "source" : "tests"] += codeLinesOf(textOf(ref, path), path);
  totals.set(name, total);
}
const sum = { source: 0, tests: 0 };
for (const { source, tests } of totals.values()) {
  sum.source += source;
  sum.tests += tests;
}
print("package", "source", "tests");
for (const [name, { source, tests }] of [...totals].sort()) print(name, source, tests);
print("all", sum.source, sum.tests);

function pathsOf(commit) {
  const here = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const there = ["ls-tree", "-r", "--name-only", "--end-of-options", commit];
  return git([...(commit === undefined ? here : there), "packages/"])
    .split("\n")
    .filter((path) => /\.[cm]?[jt]s$/.test(path) && (commit !== undefined || existsSync(join(root, path))));
}

function textOf(commit, path) {
  return commit === undefined ? readFileSync(join(root, path), "utf8") : git(["show", `${commit}:${path}`]);
}

function git(args) {
  const { status, stdout, stderr } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status === 0) return stdout;
  console.error(stderr.trim());
  process.exit(2);
}

function print(name, source, tests) {
  console.log(`${name.padEnd(12)}${String(source).padStart(8)}${String(tests).padStart(8)}`);
}
