import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./source-tree.js";

/** A tag, put together here so that the real command does not take it for one of these tests. */
const tag = (name: string) => `[${name}]`;

describe("pnpm cases", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kissbot-cases-"));
    for (const [kind, family, table] of [
      ["faults", "fleet", { F1: "It stays.", F2: "It goes." }],
      ["requirements", "page", { R1: "It shows." }],
    ] as const) {
      mkdirSync(join(folder, "tables", kind), { recursive: true });
      writeFileSync(join(folder, "tables", kind, `${family}.json`), JSON.stringify(table));
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function cases(results: readonly [status: string, title: string][], kinds = ["faults"], env = {}) {
    const report = join(folder, "report.json");
    const assertionResults = results.map(([status, fullName]) => ({ fullName, status }));
    const name = join(root, "packages/x/test/x.test.ts");
    writeFileSync(report, JSON.stringify({ testResults: [{ name, assertionResults }] }));
    const args = [".ci/cases.mjs", ...kinds, "--tables", join(folder, "tables"), "--report", report];
    const { status, stdout } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CI: "", ...env },
    });
    return { status, stdout };
  }

  const stays = `it stays ${tag("fleet/F1")}`;
  const goes = `it goes ${tag("fleet/F2")}`;

  test("names the tests of each guarantee, and passes if each has one that passed", () => {
    const { status, stdout } = cases([
      ["passed", `life ${stays}`],
      ["passed", `it does both ${tag("fleet/F1")} ${tag("fleet/F2")}`],
      ["failed", "it has no tag"],
    ]);
    expect(stdout).toContain("fleet/F1 (passed): It stays.\n    packages/x/test/x.test.ts: life it stays\n");
    expect(stdout).toContain("fleet/F2 (passed): It goes.\n    packages/x/test/x.test.ts: it does both\n");
    expect(stdout).toContain("2 of 2 guarantees");
    expect(status).toBe(0);
  });

  test("fails on a guarantee without a test", () => {
    const { status, stdout } = cases([["passed", stays]]);
    expect(stdout).toContain("Without a test: fleet/F2\n");
    expect(status).toBe(1);
  });

  test("fails on a guarantee of which one test failed", () => {
    const { status, stdout } = cases([
      ["passed", stays],
      ["passed", goes],
      ["failed", `${goes}, too`],
    ]);
    expect(stdout).toContain("With a test that failed: fleet/F2\n");
    expect(status).toBe(1);
  });

  test("names a guarantee whose every test was skipped, and fails with CI=true", () => {
    const results: [string, string][] = [
      ["passed", stays],
      ["skipped", `${stays}, too`],
      ["skipped", goes],
    ];
    const skipped = /^With no test that can run on this machine.*: fleet\/F2$/m;
    const here = cases(results);
    expect(here.stdout).toMatch(skipped);
    expect(here.stdout).toContain("1 of 2 guarantees");
    expect(here.status).toBe(0);
    const inCi = cases(results, ["faults"], { CI: "true" });
    expect(inCi.stdout).toMatch(skipped);
    expect(inCi.status).toBe(1);
  });

  test("fails on a tag that names no guarantee of any kind", () => {
    const good: [string, string][] = [
      ["passed", stays],
      ["passed", goes],
      ["passed", `it shows ${tag("page/R1")}`],
    ];
    expect(cases(good).status).toBe(0);
    for (const unknown of ["fleet/F3", "flet/F1", "page/F1"]) {
      const { status, stdout } = cases([...good, ["skipped", `it is new ${tag(unknown)}`]]);
      expect(stdout).toContain(`Tags that name no guarantee: ${unknown} in "it is new`);
      expect(status).toBe(1);
    }
  });

  test("asks for no test of what is planned, and fails on one that failed", () => {
    const tables = join(folder, "tables", "plans");
    mkdirSync(tables);
    writeFileSync(
      join(tables, "later.json"),
      JSON.stringify({ L1: { planned: "It will." }, L2: "It does." }),
    );
    try {
      const does: [string, string] = ["passed", tag("later/L2")];
      const { status, stdout } = cases([does], ["plans"]);
      expect(stdout).toContain("later/L1 (planned): It will.\n");
      expect(stdout).toContain("1 of 1 guarantees have a test that ran and passed.\n1 more are planned.\n");
      expect(status).toBe(0);
      expect(cases([does, ["skipped", tag("later/L1")]], ["plans"], { CI: "true" }).status).toBe(0);
      const failed = cases([does, ["failed", tag("later/L1")]], ["plans"]);
      expect(failed.stdout).toContain("With a test that failed: later/L1\n");
      expect(failed.stdout).toContain("1 of 1 guarantees");
      expect(failed.status).toBe(1);
    } finally {
      rmSync(tables, { recursive: true });
    }
  });

  test("judges the tables of all kinds if none is named", () => {
    const results: [string, string][] = [
      ["passed", stays],
      ["passed", goes],
    ];
    const { status, stdout } = cases(results, []);
    expect(stdout).toContain("Without a test: page/R1\n");
    expect(status).toBe(1);
    expect(cases([...results, ["passed", tag("page/R1")]], []).status).toBe(0);
  });
});
