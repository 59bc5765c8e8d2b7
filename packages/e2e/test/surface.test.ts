import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "./source-tree.js";

let place: TemporaryFolder;
let folder: string;

beforeEach(() => {
  place = new TemporaryFolder("surface");
  folder = place.path;
  cpSync(join(root, ".ci", "surface", "snapshot"), folder, { recursive: true });
});

afterEach(() => place[Symbol.dispose]());

function surface(...args: string[]) {
  return spawnSync(process.execPath, [".ci/surface.mjs", "--folder", folder, ...args], {
    cwd: root,
    encoding: "utf8",
  });
}

function change(file: string, from: string, to: string): void {
  const text = readFileSync(join(folder, file), "utf8");
  expect(text).toContain(from);
  writeFileSync(join(folder, file), text.replace(from, to));
}

describe.runIf(process.platform === "linux")("the surface", () => {
  test("is checked without a word where nothing changed", () => {
    expect(surface("--check", "fixtures.txt", "packages.txt")).toMatchObject({ status: 0, stdout: "" });
  });

  test("says which lines differ, and ends with 1", () => {
    change("packages.txt", "  type: module\n", "  type: commonjs\n  main: ./index.js\n");
    const { status, stdout } = surface("--check", "packages.txt", "fixtures.txt");
    expect(status).toBe(1);
    expect(stdout).toContain("packages.txt");
    expect(stdout).not.toContain("fixtures.txt");
    const changed = stdout.split("\n").filter((line) => /^[-+] /.test(line));
    expect(changed).toEqual(["-   type: commonjs", "-   main: ./index.js", "+   type: module"]);
  });

  test("sees a name that a public entry no longer exports", () => {
    change("types-protocol.txt", "declare function encode", "declare function encodeAll");
    const { status, stdout } = surface("--check", "types-protocol.txt");
    expect(status).toBe(1);
    expect(stdout).toContain("+ declare function encode<");
  });

  test("misses no file that is not written down", () => {
    rmSync(join(folder, "fixtures.txt"));
    expect(surface("--check", "fixtures.txt").status).toBe(1);
    expect(surface("fixtures.txt").status).toBe(0);
    expect(surface("--check", "fixtures.txt")).toMatchObject({ status: 0, stdout: "" });
  });

  test.each([["--nothing"], ["nothing.txt"]])("calls %s wrong usage", (argument) => {
    const { status, stderr } = surface(argument);
    expect(status).toBe(2);
    expect(stderr).toContain("Usage: pnpm surface");
  });
});
