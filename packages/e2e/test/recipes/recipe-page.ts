import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, snippetsIn } from "../document.js";
import type { MarkdownSnippet } from "../markdown-snippet.js";
import { librariesFolder } from "./libraries.js";

/**
 * A page of docs/recipes. A block whose first line is a comment with a file's name is that file.
 */
export class RecipePage {
  readonly document: string;
  readonly text: string;
  readonly #snippets: readonly MarkdownSnippet[];

  constructor(name: string) {
    this.document = `docs/recipes/${name}.md`;
    this.text = readFileSync(join(root, this.document), "utf8");
    this.#snippets = snippetsIn(this.document);
  }

  /** The files of the page, by name. */
  get files(): ReadonlyMap<string, string> {
    const files = new Map<string, string>();
    for (const snippet of this.#snippets) {
      const name = fileOf(snippet);
      if (name !== undefined) files.set(name, snippet.text);
    }
    return files;
  }

  /** The blocks that are no files. */
  get commands(): readonly string[] {
    return this.#snippets.filter((snippet) => fileOf(snippet) === undefined).map(({ text }) => text);
  }

  /** Whether the page shows these words, as code, as what the operator sees. */
  shows(words: string): boolean {
    return this.text.replaceAll(/^```[\s\S]*?^```/gm, "").includes(`\`${words}\``);
  }

  /** Lays the files into a folder in which what they import is installed. */
  layInto(folder: string): void {
    const modules = join(folder, "node_modules");
    mkdirSync(join(modules, "@kissbot"), { recursive: true });
    for (const name of ["client", "protocol"])
      symlinkSync(join(root, "packages", name), join(modules, "@kissbot", name));
    const libraries = join(librariesFolder, "node_modules");
    for (const name of existsSync(libraries) ? readdirSync(libraries) : []) {
      if (!name.startsWith(".")) symlinkSync(join(libraries, name), join(modules, name));
    }
    for (const [name, text] of this.files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  }
}

function fileOf({ text }: MarkdownSnippet): string | undefined {
  return /^(?:\/\/|#) ([\w./@-]+)$/.exec(text.split("\n", 1)[0] ?? "")?.[1];
}
