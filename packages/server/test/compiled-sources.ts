import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(packageFolder, "src");

/**
 * The sources of these rooms, all that they import and the clock, as JavaScript, for processes of a
 * test that no test runner compiles for. They lie where their dependencies can be found from, and
 * are gone with `using`.
 */
export class CompiledSources implements Disposable {
  readonly folder: string;
  readonly #compiled = new Set<string>();

  constructor(...rooms: readonly string[]) {
    this.folder = mkdtempSync(join(packageFolder, "node_modules", ".compiled-"));
    writeFileSync(join(this.folder, "package.json"), '{"type":"module"}');
    this.#compile(join(source, "clock.ts"));
    for (const room of rooms) {
      for (const file of readdirSync(join(source, room))) this.#compile(join(source, room, file));
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #compile(path: string): void {
    if (this.#compiled.has(path)) return;
    this.#compiled.add(path);
    const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    const target = join(this.folder, relative(source, path)).replace(/\.ts$/, ".js");
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
    for (const { fileName } of ts.preProcessFile(outputText).importedFiles) {
      if (/^\..*\.js$/.test(fileName)) this.#compile(join(dirname(path), fileName.replace(/\.js$/, ".ts")));
    }
  }
}
