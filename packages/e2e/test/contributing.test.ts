import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./document.js";
import { readPackages } from "./source-tree.js";

const page = readFileSync(join(root, "docs", "CONTRIBUTING.md"), "utf8");

/** The text below a heading, up to the next one. */
function chapter(heading: string): string {
  const [, text = ""] = page.split(`\n## ${heading}\n`);
  return text.split("\n## ")[0] ?? "";
}

const filesIn = (text: string) =>
  [...text.matchAll(/`((?:packages|docs|\.ci)\/[^`\s]+\.[a-z]+)`/g)].map(([, path = ""]) => path);

describe.each([
  ["Add a field", 20],
  ["Add a kind of record", 20],
])("%s", (heading, least) => {
  const files = filesIn(chapter(heading));

  test("names files", () => {
    expect(new Set(files).size).toBeGreaterThanOrEqual(least);
  });

  test.each([...new Set(files)])("%s exists", (path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });
});

test.each([
  ["protocol", 5],
  ["client", 3],
  ["store", 3],
  ["server", 7],
])("a field of usage stands in a few source files of %s, and the page names each", (folder, most) => {
  const { files = [] } = readPackages().find((one) => one.folder === folder) ?? {};
  const found = files
    .filter(({ path }) => /^packages\/\w+\/(?:src|schema)\//.test(path))
    .filter(({ text }) => /tokens_cache_write|tokensCacheWrite/.test(text))
    .map(({ path }) => path);
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThanOrEqual(most);
  expect(filesIn(chapter("Add a field"))).toEqual(expect.arrayContaining(found));
});
