import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Trick } from "./trick.js";

const packages = fileURLToPath(new URL("../../../", import.meta.url));
const plainFolder = fileURLToPath(new URL("./plain/", import.meta.url));
/** Inside of the server's package, so that what it depends on is found. */
const outputFolder = join(packages, "server", ".tmp");
const workspace: Readonly<Record<string, string>> = {
  "@kissbot/protocol": join(packages, "protocol", "src", "index.ts"),
  "@kissbot/store": join(packages, "store", "src", "index.ts"),
  "@kissbot/store/fleet": join(packages, "store", "src", "fleet", "index.ts"),
  "@kissbot/store/postgres": join(packages, "store", "src", "postgres", "index.ts"),
};

/**
 * Builds of the monitor from its source, each without some tricks. They are built as the shipped
 * one is, but for its packages, which are in one bundle.
 */
export class AblatedMonitors {
  readonly #folder: string;
  readonly #commands = new Map<string, Promise<string>>();

  constructor() {
    mkdirSync(outputFolder, { recursive: true });
    this.#folder = mkdtempSync(join(outputFolder, "ablation-"));
  }

  /**
   * The path of the command without these tricks, built once. Rejects where a trick is not there
   * any more: the file, a piece of it, or an export.
   */
  command(without: readonly Trick[]): Promise<string> {
    const name = without.length === 0 ? "whole" : without.map(({ id }) => id).join("+");
    let command = this.#commands.get(name);
    if (command === undefined) {
      command = buildMonitor(join(this.#folder, String(this.#commands.size)), without);
      this.#commands.set(name, command);
    }
    return command;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function buildMonitor(folder: string, without: readonly Trick[]): Promise<string> {
  const replaced = new Set<string>();
  await build({
    // As the packages' own builds name them: each thread's file stands beside the command.
    entryPoints: {
      main: join(packages, "server", "src", "launch.ts"),
      "writer-thread": join(packages, "store", "src", "sqlite", "thread", "writer-thread.ts"),
      "reader-thread": join(packages, "store", "src", "sqlite", "thread", "reader-thread.ts"),
      "fleet-thread": join(packages, "store", "src", "fleet", "fleet-thread.ts"),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    alias: { ...workspace },
    logLevel: "silent",
    plugins: [replacement(without, replaced)],
  });
  const missing = without.filter(({ id }) => !replaced.has(id));
  if (missing.length > 0) {
    throw new Error(missing.map(({ id, file }) => `${id}: ${file} is in no build of the monitor`).join("; "));
  }
  return join(folder, "main.js");
}

/** Puts what the tricks say in the place of their modules, and adds those that it met. */
function replacement(tricks: readonly Trick[], replaced: Set<string>): Plugin {
  const byPath = new Map<string, Trick[]>();
  for (const trick of tricks) {
    const path = join(packages, trick.file);
    byPath.set(path, [...(byPath.get(path) ?? []), trick]);
  }
  return {
    name: "ablation",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, importer }) => {
        const target = resolve(resolveDir, path).replace(/\.js$/, ".ts");
        const trick = byPath.get(target)?.find(({ without }) => "exports" in without);
        // A plain module may take from the one whose place it has.
        if (trick === undefined || dirname(importer) === resolve(plainFolder)) return undefined;
        const plain = join(plainFolder, basename(target));
        for (const path of [target, plain]) assertExports(path, trick);
        replaced.add(trick.id);
        return { path: plain };
      });
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const edited = byPath.get(path)?.filter(({ without }) => "edits" in without) ?? [];
        if (edited.length === 0) return undefined;
        let text = readFileSync(path, "utf8");
        for (const trick of edited) {
          text = withoutTrick(text, trick);
          replaced.add(trick.id);
        }
        return { contents: text, loader: "ts" };
      });
    },
  };
}

/** Throws where a piece does not occur exactly once. */
function withoutTrick(text: string, { id, file, without }: Trick): string {
  let edited = text;
  for (const [from, to] of "edits" in without ? without.edits : []) {
    const pieces = edited.split(from);
    if (pieces.length !== 2) {
      throw new Error(`${id}: expected once in ${file}, found ${pieces.length - 1} times: ${from}`);
    }
    edited = pieces.join(to);
  }
  return edited;
}

function assertExports(path: string, { id, without }: Trick): void {
  const text = readFileSync(path, "utf8");
  for (const name of "exports" in without ? without.exports : []) {
    if (new RegExp(`^export (?:class|function|const) ${name}\\b`, "m").test(text)) continue;
    throw new Error(`${id}: ${relative(packages, path)} exports no ${name}`);
  }
}
