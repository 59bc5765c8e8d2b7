import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, snippetsIn } from "../document.js";
import { RecipePage } from "./recipe-page.js";

const names = readdirSync(join(root, "docs", "recipes")).map((file) => file.replace(/\.md$/, ""));
const textOf = (...path: readonly string[]) => readFileSync(join(root, ...path), "utf8");
const testOf = (name: string) => join("packages", "e2e", "test", "recipes", `${name}.test.ts`);

describe.each(names)("docs/recipes/%s.md", (name) => {
  const page = new RecipePage(name);

  test("has a test that starts each of its files and runs each of its commands", () => {
    expect(existsSync(join(root, testOf(name)))).toBe(true);
    const tests = textOf(testOf(name));
    const blocks = snippetsIn(page.document).map(({ text }) => text);
    expect(page.files.size + page.commands.length).toBe(blocks.length);
    expect(page.files.size).toBeGreaterThan(0);
    for (const file of page.files.keys()) {
      const others = blocks.filter((text) => text !== page.files.get(file));
      expect(tests.includes(`"${file}"`) || others.join().includes(file), file).toBe(true);
    }
    if (page.commands.length > 0) expect(tests).toContain("page.commands");
  });

  test("is short, and found from the index and from the client guide", () => {
    const prose = page.text.replaceAll(/^```[\s\S]*?^```/gm, "");
    expect(prose.split("\n").length).toBeLessThanOrEqual(60);
    for (const index of ["README.md", "client-guide.md"])
      expect(textOf("docs", index)).toContain(`(recipes/${name}.md)`);
  });

  test("links to what is there", () => {
    for (const [, target = ""] of page.text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (!/^https?:/.test(target)) expect(existsSync(join(root, "docs/recipes", target)), target).toBe(true);
    }
  });

  test("names the version of the library that is tested", () => {
    const { dependencies } = JSON.parse(textOf("packages", "e2e", "recipes", "package.json"));
    for (const [library, version] of Object.entries<string>(dependencies)) {
      const named = new RegExp(`with ${library.replace(".", "\\.")} (\\d[\\d.]+\\d)`, "i").exec(
        page.text,
      )?.[1];
      if (named !== undefined || library.replace(".", "-") === name) expect(named).toBe(version);
    }
  });
});
