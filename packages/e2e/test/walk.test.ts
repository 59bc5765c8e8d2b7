import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { root } from "./source-tree.js";

interface Step {
  readonly path: string;
  readonly name: string;
}

/**
 * What a file declares: `Class`, `Class.method`, `Class.#method`, `name` of a function or a
 * constant.
 */
function declaredIn(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true).statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) names.add(name.getText());
    } else if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
      names.add(statement.name.text);
    } else if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
      names.add(statement.name.text);
      for (const member of statement.members) {
        if (member.name !== undefined) names.add(`${statement.name.text}.${member.name.getText()}`);
      }
    }
  }
  return names;
}

const page = readFileSync(join(root, "docs", "architecture.md"), "utf8");
const [, chapter = ""] = page.split("\n## Step by step\n");
const walk = chapter.split("\n## ")[0] ?? "";
const steps = [...walk.matchAll(/^\| `(packages\/[^`]+)` \| `([^`]+)` \|/gm)].map(
  ([, path = "", name = ""]): Step => ({ path, name }),
);

describe("the walk of a heartbeat and of a usage row", () => {
  test.each(steps)("$path has $name", ({ path, name }) => {
    expect([...declaredIn(readFileSync(join(root, path), "utf8"))]).toContain(name);
  });

  test("has both ends of both ways, and no row that is left out here", () => {
    const names = steps.map(({ name }) => name);
    for (const end of [
      "MonitorClient.heartbeat",
      "botsRoute",
      "MonitorClient.logLlmUsage",
      "llmUsageRoute",
    ]) {
      expect(names).toContain(end);
    }
    expect(names).toContain("OpenFile.commitBatches");
    const rows = walk.split("\n").filter((line) => /^\| (?!file|---)/.test(line));
    expect(rows).toHaveLength(steps.length);
  });

  test("is about a page long", () => {
    expect(walk.split("\n").length).toBeLessThanOrEqual(60);
  });

  test("would miss a name that was changed", () => {
    const names = declaredIn(
      "export class A { b(): void {} #c = 1; }\nexport const d = 1;\nfunction e() {}\n",
    );
    expect([...names]).toEqual(["A", "A.b", "A.#c", "d", "e"]);
  });
});
