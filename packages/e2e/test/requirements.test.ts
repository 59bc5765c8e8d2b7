import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { root } from "./source-tree.js";

/** A tag, put together here so that the real command does not take it for one of these tests. */
const tag = (name: string) => `[${name}]`;

/**
 * What the command says of these tables, by family, where these are the titles in the test files.
 */
function requirements(
  tables: object,
  titles: Readonly<Record<string, string>>,
  families: readonly string[] = [],
) {
  using folder = new TemporaryFolder("requirements");
  mkdirSync(folder.file("tables", "requirements"), { recursive: true });
  mkdirSync(folder.file("tests", "inner"), { recursive: true });
  for (const [family, table] of Object.entries(tables)) {
    writeFileSync(folder.file("tables", "requirements", `${family}.json`), JSON.stringify(table));
  }
  for (const [file, title] of Object.entries(titles)) {
    writeFileSync(folder.file("tests", file), `test("${title}", () => {});\n`);
  }
  const places = ["--tables", folder.file("tables"), "--tests", folder.file("tests")];
  const args = [".ci/requirements.mjs", ...families, ...places];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  return { status, stdout, stderr };
}

const tables = { page: { R1: "It shows.", R2: { planned: "It will." } }, cost: { C1: "It counts." } };
const counts = { "inner/cost.test.ts": `it counts ${tag("cost/C1")}` };

describe("pnpm requirements", () => {
  test("lists each requirement with the files that test it, and asks for no test of what is planned", () => {
    const { status, stdout } = requirements(tables, {
      ...counts,
      "a.test.tsx": `it shows ${tag("page/R1")}`,
    });
    expect(stdout).toMatch(/^page\/R1 \(tested\): It shows\.\n {4}\S+a\.test\.tsx$/m);
    expect(stdout).toMatch(/^page\/R2 \(planned\): It will\.$/m);
    expect(stdout).toContain("page: 2 requirements, 1 of 2 are not finished.\n");
    expect(stdout).toContain("cost: 1 requirements, finished.\n");
    expect(status).toBe(0);
  });

  test("fails on a finished requirement without a test", () => {
    const { status, stdout } = requirements(tables, { ...counts, "a.test.ts": `it will ${tag("page/R2")}` });
    expect(stdout).toContain("Without a test: page/R1\n");
    expect(stdout).toMatch(/^page\/R2 \(tested, not finished\)/m);
    expect(status).toBe(1);
  });

  test("fails on a tag of a family that names no requirement, and leaves other families alone", () => {
    const good = { ...counts, "a.test.ts": `it shows ${tag("page/R1")}` };
    expect(requirements(tables, { ...good, "b.test.ts": tag("client/F1") }).status).toBe(0);
    const { status, stdout } = requirements(tables, { ...good, "b.test.ts": tag("page/R3") });
    expect(stdout).toMatch(/^Tags that name no requirement: page\/R3 in \S+b\.test\.ts$/m);
    expect(status).toBe(1);
  });

  test("can be asked of one family, and knows no other", () => {
    const { status, stdout } = requirements(tables, counts, ["cost"]);
    expect(stdout).not.toContain("page/");
    expect(status).toBe(0);
    const wrong = requirements(tables, counts, ["costs"]);
    expect(wrong.stderr).toContain("No such requirements: costs. There are: cost, page.");
    expect(wrong.status).toBe(2);
  });

  test("holds for this repository", () => {
    const { status, stdout } = spawnSync(process.execPath, [".ci/requirements.mjs"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stdout).toContain("page/R34");
    expect(status).toBe(0);
  });
});
