import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type MarkdownSnippet, snippetsOf } from "./markdown-snippet.js";

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** The code blocks of a document, named by its path from the root. */
export function snippetsIn(document: string): MarkdownSnippet[] {
  return snippetsOf(document, readFileSync(join(root, document), "utf8"));
}

/**
 * Every document that shows code to its readers: the root's README, docs/ and the packages'
 * READMEs, however deep.
 */
export function documents(): string[] {
  return [
    ...readdirSync(root).filter((name) => name === "README.md"),
    ...under("docs", (name) => name.endsWith(".md")),
    ...under("packages", (name) => name === "README.md"),
  ];
}

function under(folder: string, isDocument: (name: string) => boolean): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      const foreign = entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".");
      return foreign ? [] : under(path, isDocument);
    }
    return isDocument(entry.name) ? [path] : [];
  });
}
