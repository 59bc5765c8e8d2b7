import { mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { decodeLine } from "@kissbot/protocol";
import { TemporaryFolder } from "@kissbot/testkit";
import typescript from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documents, root, snippetsIn } from "./document.js";
import { isSender, type MarkdownSnippet } from "./markdown-snippet.js";
import { operatorDocuments } from "./operator-document.js";
import { runProgram } from "./program-run.js";
import { RecordingListener } from "./recording-listener.js";
import { commandOf, isInstalled, shellToolMissingFor } from "./toolchain.js";

/** The documents whose code blocks are tested here. */
const tested = [
  "README.md",
  "docs/benchmarks.md",
  "docs/protocol.md",
  "docs/soak.md",
  "packages/protocol/README.md",
  "packages/protocol/fixtures/README.md",
  "packages/protocol/examples/python/README.md",
];

/** Documents whose code blocks tests of their own run. */
const testedElsewhere = [
  // By recipes/*.test.ts, with the libraries.
  ...documents().filter((path) => path.startsWith("docs/recipes/")),
  ...operatorDocuments,
  "docs/client-guide.md",
  "docs/cost.md",
  "docs/fleet.md",
  "docs/http-api.md",
  "docs/llm-calls.md",
  "docs/ports.md",
  "docs/privacy.md",
  "docs/store.md",
  "packages/client/README.md",
  "packages/ports/README.md",
  "packages/ports/python/README.md",
  "packages/ports/rust/README.md",
  "packages/store/README.md",
];

/**
 * The closed list of what no test runs: command lines of shell blocks and first lines of text
 * blocks, each with its reason.
 */
const notRun = new Map([
  ["npm start", "runs until it is stopped; operator-docs.test.ts runs what it starts"],
  ["npm test", "is the gate, of which this test is a part"],
]);

const limitMs = 10_000;
const place = new TemporaryFolder("snippets");
const folder = place.path;

beforeAll(() => {
  // A folder like a user's: what a snippet imports is found in node_modules, and is what was built.
  const scope = join(folder, "node_modules", "@kissbot");
  mkdirSync(scope, { recursive: true });
  for (const name of readdirSync(join(root, "packages"))) {
    symlinkSync(join(root, "packages", name), join(scope, name));
  }
});

afterAll(() => place[Symbol.dispose]());

test("every document is tested here, or by the tests of its own package", () => {
  expect(documents().filter((path) => !tested.includes(path) && !testedElsewhere.includes(path))).toEqual([]);
});

test("no program in any document is newer than the oldest Node that is supported [trial/B2]", () => {
  expect(isNewerThanNode20("await using monitor = open();")).toBe(true);
  const programs = documents()
    .flatMap(snippetsIn)
    .filter(({ language }) => ["js", "mjs", "cjs", "ts"].includes(language));
  expect(programs.length).toBeGreaterThan(10);
  const newer = programs.filter(({ text }) => isNewerThanNode20(text));
  expect(newer.map(({ document, line }) => `${document}:${line}`)).toEqual([]);
});

for (const document of tested) {
  // The root's README is written last; any other document that is missing fails right here.
  const present = document !== "README.md" || documents().includes(document);
  if (!present) console.warn(`SKIPPED: there is no ${document}; its snippets are not tested.`);

  describe.skipIf(!present)(document, () => {
    const snippets = present ? snippetsIn(document) : [];
    const outputs = snippets.map(({ output }) => output?.line);
    for (const snippet of snippets) {
      if (!outputs.includes(snippet.line)) checkSnippet(snippet);
    }
    test("shows the output of programs only", () => {
      const programs = ["js", "ts", "python"];
      const strays = snippets.filter(
        ({ output, language }) => output !== undefined && !programs.includes(language),
      );
      expect(strays.map(({ line }) => `${document}:${line}`)).toEqual([]);
    });
  });
}

/** Declares the test of a block; one of no known kind is a test that fails. */
function checkSnippet(snippet: MarkdownSnippet): void {
  const { document, language, line, text } = snippet;
  const title = `line ${line}: ${language}`;
  if (isSender(snippet) && language !== "sh") {
    // Run by senders.test.ts, which asserts that it finds one in each language in this document.
    test(`${title}: a sender stands in the specification`, () => expect(document).toBe("docs/protocol.md"));
  } else if (language === "jsonl") {
    test(`${title}: each line is a message`, () => {
      for (const json of linesOf(text))
        expect(decodeLine(Buffer.from(json)), json).toMatchObject({ ok: true });
    });
  } else if (language === "json") {
    test(`${title} parses`, () => expect(JSON.parse(text)).toBeDefined());
  } else if (language === "js" || language === "ts" || language === "python") {
    checkProgram(snippet, title, language);
  } else if (language === "sh") {
    checkShell(snippet, title);
  } else if (language === "text") {
    checkText(snippet, title);
  } else {
    test(`line ${line} is of a kind that can be tested`, () => {
      throw new Error(`${document}:${line}: nothing tests a block of language "${language}"`);
    });
  }
}

function checkProgram(snippet: MarkdownSnippet, title: string, language: "js" | "ts" | "python"): void {
  test.skipIf(!isInstalled(language))(
    `${title} runs${snippet.output ? " and prints what is shown" : ""}`,
    async () => {
      const command = commandOf(language, snippet.text, mkdtempSync(join(folder, "program-")));
      const env = {
        PYTHONPATH: join(root, "packages/protocol/examples/python"),
        PYTHONDONTWRITEBYTECODE: "1",
      };
      const run = await runProgram(command, { cwd: folder, env, limitMs });
      expect(run).toMatchObject({ code: 0, stderr: "", late: false });
      if (snippet.output) expect(run.stdout).toBe(snippet.output.text);
    },
  );
}

/**
 * A shell block that names the socket is run in one piece; each of its lines may be about one
 * listener only.
 */
function checkShell(snippet: MarkdownSnippet, title: string): void {
  const { document, line, text } = snippet;
  const commands = linesOf(text).filter((command) => !command.startsWith("#"));
  if (commands.every((command) => notRun.has(command))) return;
  const missing = shellToolMissingFor(text);
  if (missing) console.warn(`SKIPPED: no ${missing} on this machine; ${document}:${line} is not tested.`);

  test.skipIf(missing !== undefined)(`${title} reaches a listener with a message`, async () => {
    expect(isSender(snippet), "neither speaks to the socket nor stands in the list of what is not run").toBe(
      true,
    );
    const path = join(mkdtempSync(join(folder, "shell-")), "monitor.sock");
    const listener = await RecordingListener.open(path);
    try {
      const env = { KISSBOT_MONITOR_SOCKET: path };
      const run = await runProgram(["sh", "-c", text], { cwd: folder, env, limitMs });
      expect(run).toMatchObject({ code: 0, stdout: "", stderr: "", late: false });
      expect(await listener.messages(1)).toHaveLength(1);
    } finally {
      await listener.close();
    }
  });
}

/**
 * A text block of its own: lines that are rejected, each behind its reason, or an entry of the
 * closed list.
 */
function checkText({ text }: MarkdownSnippet, title: string): void {
  const lines = linesOf(text);
  if (notRun.has(lines[0] ?? "")) return;
  test(`${title}: each line is rejected for its reason`, () => {
    for (const shown of lines) {
      const [, reason, json = ""] = /^(\S+) +(.*)$/.exec(shown) ?? [];
      expect(decodeLine(Buffer.from(json)), shown).toMatchObject({ ok: false, reason });
    }
  });
}

/**
 * Whether it has syntax that Node 20 does not know: a compiler for that language would have to
 * change it.
 */
function isNewerThanNode20(text: string): boolean {
  const compile = (target: typescript.ScriptTarget) =>
    typescript.transpileModule(text, { compilerOptions: { target, module: typescript.ModuleKind.ESNext } })
      .outputText;
  return compile(typescript.ScriptTarget.ES2023) !== compile(typescript.ScriptTarget.ESNext);
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
