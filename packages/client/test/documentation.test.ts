import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Child, packageFolder } from "./child.js";

interface Snippet {
  readonly language: string;
  readonly code: string;
  /** What stands in the `text` block that follows, if one does. */
  readonly output: string | undefined;
}

const pages = { "README.md": packageFolder, "client-guide.md": join(packageFolder, "..", "..", "docs") };
let folder: string;

function snippetsOf(page: string, home: string): Snippet[] {
  const text = readFileSync(join(home, page), "utf8");
  const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", code = ""]) => ({
    language,
    code,
  }));
  return fences.flatMap(({ language, code }, i) => {
    if (!["js", "cjs", "ts"].includes(language)) return [];
    const next = fences[i + 1];
    return [{ language, code, output: next?.language === "text" ? next.code : undefined }];
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kissbot-docs-"));
  mkdirSync(join(folder, "node_modules", "@kissbot"), { recursive: true });
  symlinkSync(packageFolder, join(folder, "node_modules", "@kissbot", "client"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(Object.entries(pages))("%s", (page, home) => {
  const snippets = snippetsOf(page, home);

  test("has snippets", () => {
    expect(snippets.length).toBeGreaterThan(0);
  });

  test.each(snippets.map((snippet, i) => [i + 1, snippet] as const))(
    "snippet %i does what it says",
    async (i, snippet) => {
      const { language, code, output } = snippet;
      const file = join(folder, `${page}-${i}.${language === "cjs" ? "cjs" : "mjs"}`);
      // `await using` is newer than the oldest Node that is supported.
      const { code: program } = await transform(code, {
        loader: language === "ts" ? "ts" : "js",
        target: "node20",
        format: language === "cjs" ? "cjs" : "esm",
      });
      writeFileSync(file, program);
      const env = { KISSBOT_MONITOR_SOCKET: join(folder, "nobody.sock") };
      const exit = await new Child([file], env).exited;
      expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: "" });
      if (output !== undefined) expect(exit.stdout).toBe(output);
    },
  );
});
