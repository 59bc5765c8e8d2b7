import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { operatorDocuments } from "./operator-document.js";
import { root } from "./source-tree.js";

const folder = "docs/decisions";
const pages = readdirSync(join(root, folder)).map((name) => {
  return { name, text: readFileSync(join(root, folder, name), "utf8") };
});

describe("the decisions", () => {
  test("are pages, and each subject that a maintainer asks for has one", () => {
    expect(pages.map(({ name }) => name).filter((name) => !name.endsWith(".md"))).toEqual([]);
    const subjects = [
      "control-socket",
      "files-and-migrations",
      "forgetting",
      "ledger-of-notices",
      "liveness",
    ];
    const others = ["page-bundle", "postponed", "pricing", "protocol-versions", "rollups-and-retention"];
    const names = pages.map(({ name }) => name.replace(/\.md$/, ""));
    expect(names).toEqual(expect.arrayContaining([...subjects, ...others]));
  });

  describe.each(pages)("$name", ({ name, text }) => {
    test("takes a page at most", () => {
      expect(text.split("\n").length).toBeLessThanOrEqual(60);
      expect(text.length).toBeLessThanOrEqual(6_000);
    });

    test("says context, decision and evidence, in this order", () => {
      const places = ["Context", "Decision", "Evidence"].map((word) =>
        text.search(new RegExp(`^(?:\\*\\*|## )${word}`, "m")),
      );
      expect(Math.min(...places)).toBeGreaterThan(0);
      expect(places).toEqual([...places].sort((one, other) => one - other));
    });

    test("names files and tests that are there", () => {
      const paths = [...text.matchAll(/`((?:packages|docs|\.ci)\/[^`\s]+)`/g)].map(([, path = ""]) => path);
      for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
    });

    test("is tested with the other pages, and listed where readers look", () => {
      expect(operatorDocuments).toContain(`${folder}/${name}`);
      expect(readFileSync(join(root, "docs", "README.md"), "utf8")).toContain(`(decisions/${name})`);
    });
  });
});
