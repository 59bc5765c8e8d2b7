import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { documents } from "./document.js";
import { root } from "./source-tree.js";

const page = "docs/glossary.md";
const lines = readFileSync(join(root, page), "utf8").split("\n").slice(2);
const entries = lines.flatMap((line) => {
  const [, term = "", meaning = ""] = /^- \*\*([^*]+)\*\*: (.+)$/.exec(line) ?? [];
  return term === "" ? [] : [{ term, meaning }];
});
const others = documents()
  .filter((path) => path.startsWith("docs/") && ![page, "docs/index.md"].includes(path))
  .map((path) => readFileSync(join(root, path), "utf8"))
  .join("\n");

describe("the glossary", () => {
  test("is a list of at most 40 terms, each once, in the order of the alphabet", () => {
    const terms = entries.map(({ term }) => term);
    expect(lines.filter((line) => line !== "")).toHaveLength(terms.length);
    expect(terms.length).toBeGreaterThan(20);
    expect(terms.length).toBeLessThanOrEqual(40);
    expect(terms).toEqual([...new Set(terms)].sort());
  });

  test.each(entries)("$term is explained in one sentence or two, and used in another page", (entry) => {
    const { term, meaning } = entry;
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(meaning.split(/\.(?= |$)/).length - 1).toBeLessThanOrEqual(2);
    expect(meaning.length).toBeLessThanOrEqual(200);
    expect(others).toMatch(new RegExp(`\\b${term}(?:s|es)?\\b`, "i"));
  });
});
