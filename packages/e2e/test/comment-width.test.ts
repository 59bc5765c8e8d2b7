import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { root } from "./source-tree.js";

function comments(...args: string[]) {
  return spawnSync(process.execPath, [".ci/comments.mjs", ...args], { cwd: root, encoding: "utf8" });
}

/** What becomes of a file with this text. */
function wrapped(text: string, name = "a.ts"): string {
  using place = new TemporaryFolder("comments");
  writeFileSync(place.file(name), text);
  comments("--write", place.file(name));
  return readFileSync(place.file(name), "utf8");
}

const words = "word ".repeat(30).trim();

const overlong = comments().stdout.split("\n");
const foundIn = (folder: string) => overlong.filter((line) => line.startsWith(`${folder}/`));

describe("comments", () => {
  test.each([".ci", ...readdirSync(join(root, "packages")).map((name) => `packages/${name}`)])(
    "of %s wrap at 100 columns",
    (folder) => {
      expect(foundIn(folder)).toEqual([]);
    },
  );

  test("that are too long are listed with their line", () => {
    using place = new TemporaryFolder("comments");
    writeFileSync(place.file("a.ts"), `const a = 1;\n\n  // ${words}\nconst b = "// ${words}";\n`);
    const { status, stdout } = comments(place.file("a.ts"));
    expect(status).toBe(1);
    expect(stdout).toMatch(/a\.ts:3\n\n1 comment lines/);
  });

  test("are wrapped paragraph by paragraph, and what fits stays", () => {
    const text = wrapped(
      `/**\n * Short.\n * Too.\n *\n * - ${words}\n *\n * | ${words} |\n */\nconst a = 1;\n`,
    );
    const lines = text.split("\n");
    expect(lines.slice(0, 4)).toEqual(["/**", " * Short.", " * Too.", " *"]);
    expect(lines[4]).toMatch(/^ \* - word .{80,92}$/);
    expect(lines[5]).toMatch(/^ \* {3}word/);
    expect(text).toContain(` * | ${words} |\n */\nconst a = 1;\n`);
  });

  test("of one line become a block, and keep their indentation", () => {
    const text = wrapped(`class A {\n  /** ${words} */\n  a = 1;\n}\n`);
    expect(text).toMatch(/^class A \{\n {2}\/\*\*\n( {3}\* word.{1,90}\n){2} {3}\*\/\n {2}a = 1;\n\}\n$/);
  });

  test("keep every word, and nothing but comments changes", () => {
    const code = `const a = \`\n// ${words}\n * ${words}\n\`;\n// biome-ignore lint/a: ${words}\nconst b = /\\/\\/ ${words}/;\n`;
    expect(wrapped(code)).toBe(code);
    const long = `// See \`a b\` - ${words} @b 1. | c\nconst a = 1;\n`;
    const plain = (text: string) => text.replace(/\n\/\/ /g, " ");
    expect(plain(wrapped(long))).toBe(long);
    expect(wrapped(wrapped(long))).toBe(wrapped(long));
  });

  test("are the command's only argument: anything else is wrong usage", () => {
    expect(comments("--nothing").status).toBe(2);
    expect(comments("no-such-folder")).toMatchObject({ status: 2, stdout: "" });
  });
});
