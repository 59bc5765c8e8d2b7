import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/**
 * The sources of these rooms as JavaScript, for processes of a test that no test runner compiles
 * for. They lie where `@kissbot/protocol` can be found from, and are gone with `using`.
 */
export class CompiledSources implements Disposable {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(packageFolder, "node_modules", ".ingest-"));
    writeFileSync(join(this.folder, "package.json"), '{"type":"module"}');
    for (const file of ["clock.ts", "file-lock.ts"]) this.#compile(file);
    for (const room of ["ingest", "queue"]) {
      mkdirSync(join(this.folder, room));
      for (const file of readdirSync(join(packageFolder, "src", room))) this.#compile(join(room, file));
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #compile(file: string): void {
    const { outputText } = ts.transpileModule(readFileSync(join(packageFolder, "src", file), "utf8"), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    writeFileSync(join(this.folder, file.replace(/\.ts$/, ".js")), outputText);
  }
}
