import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { logFormats, logLevels } from "../src/logger.js";

const page = readFileSync(new URL("../../../docs/logs.md", import.meta.url), "utf8");
const sources = fileURLToPath(new URL("../src", import.meta.url));

interface Entry {
  readonly level: string;
  readonly sentence: string;
}

/** Sentences that reach the log as a parameter, by the file and the level. */
const handedOver: Readonly<Record<string, readonly string[]>> = {
  "fleet/fleet-keeper.ts warn": [
    "fleet: …: the clock here and the database's differ by …",
    "fleet: …: another monitor with this host's identity wants to send, …",
  ],
  "ingest/path-watch.ts error": [
    "the socket's file was removed: new connections find nobody",
    "another process listens on the socket's path: …",
    "something that is no socket stands on the socket's path: …",
    "the socket's file was replaced by one that cannot be looked at (…)",
    "the socket's file is gone and cannot be made again: …",
  ],
  "ingest/rejection-log.ts warn": ["rejected a line", "further lines of this kind were left out of the log"],
};
/** Its level depends on the status. */
const ofStatus: readonly Entry[] = [
  { level: "info", sentence: "bot is online" },
  { level: "info", sentence: "bot is offline" },
  { level: "warn", sentence: "bot is stale" },
  { level: "warn", sentence: "bot is dead" },
];

/** What the sources write at a level that an operator reads. */
function written(): Entry[] {
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return [...files.sort().flatMap(entriesIn), ...ofStatus];
}

function entriesIn(file: string): Entry[] {
  const text = readFileSync(`${sources}/${file}`, "utf8");
  if (!/logger/i.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Entry[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      const isRead = ["info", "warn", "error", "fatal"].includes(name.text);
      if (isRead && /logger$/i.test(expression.getText())) {
        for (const sentence of sentencesOf(node.arguments.at(-1), `${file} ${name.text}`))
          found.push({ level: name.text, sentence });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** What an argument may be, `…` for what is filled in. */
function sentencesOf(argument: ts.Node | undefined, where: string): readonly string[] {
  if (argument === undefined) return [];
  if (ts.isStringLiteralLike(argument)) return [argument.text];
  if (ts.isTemplateExpression(argument))
    return [argument.head.text + argument.templateSpans.map(({ literal }) => `…${literal.text}`).join("")];
  if (ts.isConditionalExpression(argument))
    return [argument.whenTrue, argument.whenFalse].flatMap((one) => sentencesOf(one, where));
  const declared = declarationOf(argument);
  if (declared !== undefined) return sentencesOf(declared, where);
  const known = handedOver[where];
  if (known === undefined) throw new Error(`${where}: what does ${argument.getText()} say?`);
  return known;
}

/** The value of a constant of this name in the same file. */
function declarationOf(name: ts.Node): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name.getText()) found = node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(name.getSourceFile());
  return found;
}

/** The page's entries, each with its level. */
function shown(): Entry[] {
  return page.split("\n").flatMap((line) => {
    const [, cell = "", level = ""] = /^\| (`.*?`) \| `(\w+)` \| /.exec(line) ?? [];
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, sentence = ""]) => ({ level, sentence }));
  });
}

/** Whether the page's words are those of the code, where either may leave something open. */
function isOf(said: Entry, { level, sentence }: Entry): boolean {
  const pattern = said.sentence.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".+");
  return said.level === level && new RegExp(`^${pattern}$`).test(sentence);
}

describe("docs/logs.md", () => {
  const entries = written();

  test("has each line that an operator meets, once, at its level [trial/D3]", () => {
    expect(entries.length).toBeGreaterThan(60);
    for (const entry of entries) {
      const rows = shown().filter((said) => isOf(said, entry));
      expect(rows, `${entry.level}: ${entry.sentence}`).toHaveLength(1);
    }
  });

  test("has no line that the monitor does not write [trial/D3]", () => {
    const strays = shown().filter((said) => !entries.some((entry) => isOf(said, entry)));
    expect(strays).toEqual([]);
  });

  test("has each level and each format [trial/D3]", () => {
    for (const word of [...logLevels, ...logFormats]) expect(page).toContain(`\`${word}\``);
  });
});
