import { readFileSync, writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";

interface SecondRun {
  readonly mostUnsteadyFiles: number;
  readonly filesToRunAgain: (suite: string, failedFiles: readonly string[] | null) => readonly string[];
  readonly replaceInReport: (path: string, second: object) => void;
}

const script = new URL("../../../.ci/second-run.mjs", import.meta.url).href;
const { filesToRunAgain, mostUnsteadyFiles, replaceInReport }: SecondRun = await import(script);

const result = (name: string, ...statuses: readonly string[]) => ({
  name,
  assertionResults: statuses.map((status) => ({ status })),
});

describe("the gate's second run", () => {
  test("takes the few files that failed, none of the unit suite, and none where an error has no file", () => {
    expect(filesToRunAgain("process", ["a.test.ts"])).toEqual(["a.test.ts"]);
    expect(filesToRunAgain("unit", ["a.test.ts"])).toEqual([]);
    expect(filesToRunAgain("process", null)).toEqual([]);
    const tooMany = Array.from({ length: mostUnsteadyFiles + 1 }, (_, i) => `${i}.test.ts`);
    expect(filesToRunAgain("system", tooMany)).toEqual([]);
  });

  test("stands in the report in place of the first, and in its counts", () => {
    using folder = new TemporaryFolder("second-run");
    const path = folder.file("report.json");
    const first = {
      numPassedTests: 3,
      numFailedTests: 1,
      numPendingTests: 0,
      testResults: [result("a", "passed", "passed"), result("b", "failed", "passed")],
    };
    writeFileSync(path, JSON.stringify(first));
    replaceInReport(path, { testResults: [result("b", "passed", "passed")] });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      numPassedTests: 4,
      numFailedTests: 0,
      numPendingTests: 0,
      testResults: [result("a", "passed", "passed"), result("b", "passed", "passed")],
    });
  });
});
