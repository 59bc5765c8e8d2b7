import { describe, expect, test } from "vitest";
import { snippetsOf } from "./markdown-snippet.js";

function snippetsOfLines(...lines: string[]) {
  return snippetsOf("page.md", lines.join("\n"));
}

describe("snippetsOf", () => {
  test("finds each block with its language and line, in order", () => {
    const found = snippetsOfLines(
      "# Page",
      "```js",
      "a",
      "",
      "b",
      "```",
      "~~~sh title",
      "c",
      "~~~",
      "```",
      "d",
      "```",
      "",
    );
    expect(found).toMatchObject([
      { document: "page.md", line: 2, language: "js", text: "a\n\nb\n" },
      { line: 7, language: "sh", text: "c\n" },
      { line: 10, language: "", text: "d\n" },
    ]);
  });

  test("takes a fence within a longer fence for text", () => {
    expect(snippetsOfLines("````md", "```js", "a", "```", "````")).toMatchObject([
      { text: "```js\na\n```\n" },
    ]);
  });

  test("takes the indentation of the fence from its block, in a list", () => {
    expect(snippetsOfLines("- item", "", "  ```js", "  a {", "    b", "", "  ```")).toMatchObject([
      { line: 3, text: "a {\n  b\n\n" },
    ]);
  });

  test("takes a text block right behind a program for its output, and no other", () => {
    const [program, , prose] = snippetsOfLines(
      "```js",
      "a",
      "```",
      "",
      "```text",
      "A",
      "```",
      "```js",
      "b",
      "```",
      "Prints:",
      "```text",
      "B",
      "```",
    );
    expect(program?.output).toMatchObject({ line: 5, text: "A\n" });
    expect(prose).toMatchObject({ line: 8 });
    expect(prose?.output).toBeUndefined();
  });

  test("fails at a fence that is never closed", () => {
    expect(() => snippetsOfLines("text", "```js", "a")).toThrow("page.md:2");
  });
});
