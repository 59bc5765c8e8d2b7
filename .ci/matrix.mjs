// `pnpm matrix [MAJOR ...]`: the tests of protocol and client under each Node that they support, or
// under those majors. The Node that runs this stands for its own major; the others come as the npm
// package `node`, by way of npx, which keeps them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";

const supported = ["20", "22", "24"];
const majors = process.argv.length > 2 ? process.argv.slice(2) : supported;
const stray = majors.find((major) => !supported.includes(major));
if (stray !== undefined) {
  console.error(`expected majors of Node out of ${supported.join(", ")}, not ${stray}`);
  process.exit(2);
}
const folders = ["packages/protocol/test", "packages/client/test"];
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
mkdirSync(join(root, ".tmp"), { recursive: true });

const lines = [];
let ok = true;
for (const major of majors) {
  const { line, passed } = testWith(major);
  console.log(`\n== ${line}`);
  lines.push(line);
  ok &&= passed;
}
console.log(`\n${lines.join("\n")}`);
process.exit(ok ? 0 : 1);

function testWith(major) {
  const node = nodeOf(major);
  if (node === undefined) return { line: `Node ${major}: FAILED, it could not be had`, passed: false };
  console.log(`\n== Node ${node.version}`);
  const report = join(root, ".tmp", `matrix-${major}.json`);
  rmSync(report, { force: true });
  const started = performance.now();
  const { status } = spawnSync(
    node.path,
    [vitest, "run", ...folders, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    // A test may start `node` by its name.
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, PATH: `${dirname(node.path)}${delimiter}${process.env.PATH ?? ""}` },
    },
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (!existsSync(report))
    return { line: `Node ${node.version}: FAILED, no report (${seconds} s)`, passed: false };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  const counts = `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`;
  const passed = status === 0 && numPassedTests > 0;
  return { line: `Node ${node.version}: ${passed ? "ok" : "FAILED"}, ${counts} (${seconds} s)`, passed };
}

/**
 * The path and version of a Node of this major; undefined, with the reason on the screen, if there
 * is none.
 */
function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) {
    return { path: process.execPath, version: process.versions.node };
  }
  const windows = process.platform === "win32";
  const program = 'node -p "JSON.stringify({ path: process.execPath, version: process.versions.node })"';
  const found = spawnSync(
    windows ? "npx.cmd" : "npx",
    ["--loglevel=error", "--yes", `--package=node@${major}`, "-c", program],
    { cwd: root, encoding: "utf8", shell: windows, stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    const node = JSON.parse(found.stdout.trim().split("\n").at(-1));
    if (node.version.startsWith(`${major}.`)) return node;
    console.error(`npx gave Node ${node.version}, not ${major}.`);
  } catch {
    console.error(`npx gave no Node ${major}: ${found.error?.message ?? found.stdout}`);
  }
  return undefined;
}
