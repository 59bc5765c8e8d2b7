import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { storeErrorCodes } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";

const here = fileURLToPath(new URL("..", import.meta.url));
const pages = {
  "README.md": readFileSync(new URL("../README.md", import.meta.url), "utf8"),
  "docs/store.md": readFileSync(new URL("../../../docs/store.md", import.meta.url), "utf8"),
};

interface Snippet {
  readonly page: string;
  readonly code: string;
  readonly output: string | undefined;
}

const snippets = Object.entries(pages).flatMap(([page, text]): Snippet[] =>
  [...text.matchAll(/^```js\n([\s\S]*?)^```\n(?:\n```text output\n([\s\S]*?)^```)?/gm)].map(
    ([, code = "", output]) => ({
      page,
      code,
      output,
    }),
  ),
);

/** Runs it as a user would: a module in an empty folder in which the built package is installed. */
function run(code: string): { stdout: string; stderr: string } {
  using folder = new TemporaryFolder("store");
  const installed = folder.file("node_modules/@kissbot/store");
  mkdirSync(dirname(installed), { recursive: true });
  symlinkSync(here, installed, "junction");
  writeFileSync(folder.file("snippet.mjs"), code);
  const { stdout, stderr } = spawnSync(process.execPath, ["snippet.mjs"], {
    cwd: folder.path,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { stdout, stderr };
}

describe("the documentation", () => {
  test("has snippets, and each is followed by its output", () => {
    expect(new Set(snippets.map(({ page }) => page))).toEqual(new Set(Object.keys(pages)));
    expect(snippets.filter(({ output }) => output === undefined)).toEqual([]);
  });

  test.each(snippets.map((snippet, i) => [`${snippet.page}, snippet ${i + 1}`, snippet] as const))(
    "%s prints what it says",
    (_name, snippet) => {
      expect(run(snippet.code)).toEqual({ stdout: snippet.output, stderr: "" });
    },
  );

  test("has one row for each error code, and no other", () => {
    const rows = [...pages["README.md"].matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, code]) => code);
    expect(rows).toEqual([...storeErrorCodes]);
  });
});
