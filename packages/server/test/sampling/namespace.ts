import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = dirname(fileURLToPath(import.meta.url));
const source = join(folder, "../../src");

/** The sources as JavaScript, where plain Node finds them and their dependencies. */
export class CompiledSampling {
  readonly folder: string;

  constructor() {
    const cache = join(folder, "../../node_modules/.cache");
    mkdirSync(cache, { recursive: true });
    this.folder = mkdtempSync(join(cache, "sampling-"));
    writeFileSync(join(this.folder, "package.json"), '{ "type": "module" }');
    mkdirSync(join(this.folder, "sampling"));
    for (const path of [
      "clock.ts",
      ...readdirSync(join(source, "sampling")).map((name) => `sampling/${name}`),
    ]) {
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
      const { outputText } = ts.transpileModule(readFileSync(join(source, path), "utf8"), {
        compilerOptions,
      });
      writeFileSync(join(this.folder, path.replace(/\.ts$/, ".js")), outputText);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Whether this machine lets us make pid namespaces. */
export function canMakeNamespaces(): boolean {
  return process.platform === "linux" && runInNamespace(["--mount-proc"], ["-e", "1"]).status === 0;
}

/** Runs Node in a pid namespace of its own, where pids can be chosen and disturb nobody. */
export function runInNamespace(options: readonly string[], args: readonly string[]) {
  const command = ["--user", "--map-root-user", "--pid", "--fork", ...options, process.execPath, ...args];
  return spawnSync("unshare", command, { encoding: "utf8", timeout: 20_000 });
}
