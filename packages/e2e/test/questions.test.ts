import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { documents, root } from "./document.js";
import { operatorDocuments } from "./operator-document.js";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const door = read("docs/README.md");
const [, table = ""] = /^## Ten questions\n([\s\S]*?)^## /m.exec(door) ?? [];
const questions = [
  ...table.matchAll(/^\| (.+\?|.+\. Why\?|.+ do I do\?) \| \[(.+)\]\((\S+?)#(\S+)\) \|$/gm),
].map(([, question = "", title = "", page = "", anchor = ""]) => ({ question, title, page, anchor }));

/** As GitHub names the headings of a page, the second of a name left out. */
function anchorsOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The section below a heading, its code left out. */
function sectionOf(markdown: string, anchor: string): string {
  const [, ...sections] = markdown.replaceAll(/^```[\s\S]*?^```/gm, "").split(/^(?=#{2,3} )/m);
  return sections.find((section) => anchorsOf(section)[0] === anchor) ?? "";
}

describe("the questions of docs/README.md", () => {
  test("are ten, two clicks from the root's README [trial/D8]", () => {
    expect(questions).toHaveLength(10);
    expect(new Set(questions.map(({ page, anchor }) => `${page}#${anchor}`)).size).toBe(10);
    expect(read("README.md")).toContain("(docs/README.md)");
  });

  test.each(questions)(
    "$question has its answer below a heading of its own [trial/D8]",
    ({ page, anchor }) => {
      const markdown = read(`docs/${page}`);
      expect(anchorsOf(markdown)).toContain(anchor);
      const words = sectionOf(markdown, anchor).split(/\s+/).length;
      // What somebody reads in half a minute, with a table in it.
      expect(words).toBeGreaterThan(20);
      expect(words).toBeLessThan(350);
    },
  );
});

test("every link to a heading finds it, in every document [trial/D8]", () => {
  const lost: string[] = [];
  for (const path of documents()) {
    const prose = read(path).replaceAll(/^```[\s\S]*?^```/gm, "");
    for (const [, target = "", anchor = ""] of prose.matchAll(/\]\(([^)#\s]*)#([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const page = target === "" ? path : normalize(join(dirname(path), target));
      if (page.endsWith(".md") && !anchorsOf(read(page)).includes(anchor))
        lost.push(`${path}: ${target}#${anchor}`);
    }
  }
  expect(lost).toEqual([]);
});

test("docs/README.md leads to every page of docs/ [trial/D8]", () => {
  const pages = documents().filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== "docs/README.md");
  const missing = pages.filter((path) => !door.includes(`(${path.replace("docs/", "")}`));
  expect(missing).toEqual([]);
  expect(operatorDocuments).toContain("docs/README.md");
});
