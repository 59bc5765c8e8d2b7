import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { adviceOnProblem } from "../../src/cli/doctor/problem-advice.js";

const unknown = adviceOnProblem("a_code_of_tomorrow");
const page = (name: string) => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), "utf8");

test("doctor says what to do about each problem that the documents name, by itself [trial/O15]", () => {
  const [, table = ""] = /## Problems of the database\n([\s\S]*?)\n## /.exec(page("http-api.md")) ?? [];
  const named = [...table.matchAll(/`((?:store|clock)_\w+)`/g)].map(([, code = ""]) => code);
  const degraded = [...page("deployment.md").matchAll(/^\| `degraded`, (.*?) \|/gm)].flatMap(
    ([, codes = ""]) => [...codes.matchAll(/`(\w+)`/g)].map(([, code = ""]) => code),
  );
  const all = new Set([...named, ...degraded].filter((code) => code !== "store_status"));
  expect(all.size).toBeGreaterThan(10);
  for (const code of all) {
    expect(adviceOnProblem(code), code).not.toBe(unknown);
    expect(adviceOnProblem(code), "the package brings no documents").not.toContain("docs/");
  }
  expect(adviceOnProblem("store_corrupt")).toContain(".recover");
  expect(unknown).toContain("log");
});
