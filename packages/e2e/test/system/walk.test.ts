import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../program-run.js";
import { root } from "../source-tree.js";

/** Whether a process may make a file system of its own, and systemd's programs are there. */
const canWalk =
  process.platform === "linux" &&
  process.geteuid?.() === 0 &&
  spawnSync("unshare", ["--mount", "--pid", "--fork", "true"]).status === 0 &&
  spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!canWalk) console.warn("walk.test.ts: SKIPPED: it takes Linux, root, unshare and systemd's programs.");

async function walk(page: string): Promise<void> {
  const command = [process.execPath, join(root, ".ci", "walk.mjs"), page];
  const { code, stdout, stderr } = await runProgram(command, { cwd: root, limitMs: 590_000 });
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/^Walk: ok, \d+ blocks/m);
}

test.skipIf(!canWalk)(
  "docs/deployment.md can be followed literally, from the installation to its end [trial/O4]",
  () => walk("deployment"),
  600_000,
);

test.skipIf(!canWalk)(
  "docs/users.md can be followed literally, and its users can do what it says and no more",
  () => walk("users"),
  600_000,
);
