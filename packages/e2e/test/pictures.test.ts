import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = "docs/images";
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The pictures that a page of the documentation shows, by their paths from the root. */
function picturesOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = ""]) => join(dirname(page), path));
}

const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const names = readdirSync(join(root, folder)).sort();

describe("the pictures of the documentation", () => {
  test("exist, and each that exists is shown by a page [page/R34]", () => {
    const shown = new Set(pages.flatMap(picturesOf));
    expect([...shown].sort()).toEqual(names.map((name) => `${folder}/${name}`));
  });

  test("are of the fleet, of one bot and of usage, as the script of the screenshots makes them [page/R34]", () => {
    const script = readFileSync(join(root, "packages/server/page/pictures/take.mjs"), "utf8");
    const [, list = ""] = /const documented = \[(.*)\];/.exec(script) ?? [];
    expect(names).toEqual([...list.matchAll(/"(\w+)"/g)].map(([, name]) => `${name}.png`).sort());
    expect(names).toEqual(["bot.png", "fleet.png", "usage.png"]);
  });

  test("are PNG of less than 200 kB each [page/R34]", () => {
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const bytes = readFileSync(join(root, folder, name));
      expect(bytes.subarray(0, 8), name).toEqual(signature);
      expect(bytes.length, name).toBeLessThan(200_000);
    }
  });

  test("come first in README.md and docs/README.md: the fleet [page/R34]", () => {
    for (const page of ["README.md", "docs/README.md"]) {
      expect(picturesOf(page), page).toContain(`${folder}/fleet.png`);
      const before = readFileSync(join(root, page), "utf8").split("![")[0] ?? "";
      expect(before.split("\n").length, `lines above the picture of ${page}`).toBeLessThanOrEqual(4);
    }
  });
});
