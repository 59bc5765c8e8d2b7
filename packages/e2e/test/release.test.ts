import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { readPackages, root } from "./source-tree.js";

const names = readPackages()
  .filter(({ manifest }) => !manifest.private)
  .map(({ name }) => name);

test("a dry run of the release says what each package becomes, and changes nothing", () => {
  // But for the folder that the test of import cycles makes for a moment, perhaps in this one.
  const args = ["status", "--porcelain", "--", ".", ":!packages/e2e/test/cycle-*"];
  const status = () => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout;
  const before = status();
  const done = spawnSync(process.execPath, [".ci/release.mjs", "--dry-run"], { cwd: root, encoding: "utf8" });
  expect(done.stderr).toBe("");
  expect(done.status).toBe(0);
  for (const name of names)
    expect(done.stdout).toMatch(new RegExp(`^${name}: (stays at )?\\d+\\.\\d+\\.\\d+`, "m"));
  expect(status()).toBe(before);
}, 60_000);

test("a wrong flag is named, and is wrong usage", () => {
  const done = spawnSync(process.execPath, [".ci/release.mjs", "--now"], { cwd: root, encoding: "utf8" });
  expect(done).toMatchObject({ status: 2, stdout: "" });
  expect(done.stderr).toContain("--dry-run");
});
