import ts from "typescript";
import { expect, test } from "vitest";
import { readPackages } from "./source-tree.js";

/** The lines on which a literal is spread into a literal or a call: it could stand there itself. */
function spreadLiterals(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isSpread =
      (ts.isSpreadAssignment(node) && ts.isObjectLiteralExpression(node.expression)) ||
      (ts.isSpreadElement(node) && ts.isArrayLiteralExpression(node.expression));
    if (isSpread) found.push(`${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test("a spread literal is found, and one of which only a part is taken is not", () => {
  expect(spreadLiterals("a.ts", "const a = {\n  ...{ b, c },\n};")).toEqual(["a.ts:2"]);
  expect(spreadLiterals("a.ts", "f(...[1, 2]);")).toEqual(["a.ts:1"]);
  expect(spreadLiterals("a.ts", "const a = { ...b, ...(c ? { c } : {}) }; f(...[1].map(g));")).toEqual([]);
});

test("no literal is spread where it could stand itself", () => {
  const files = readPackages().flatMap(({ files }) => files);
  expect(files.length).toBeGreaterThan(500);
  const text = ({ text }: { readonly text: string }) => text.includes("...{") || text.includes("...[");
  expect(files.filter(text).flatMap((file) => spreadLiterals(file.path, file.text))).toEqual([]);
});
