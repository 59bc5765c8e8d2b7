import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The repository's root. */
export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** A TypeScript file of a package, with what it imports, as written. */
export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/**
 * A package of the workspace with its manifest and the TypeScript below its folder, without what is
 * installed or built.
 */
export interface WorkspacePackage {
  readonly name: string;
  readonly folder: string;
  readonly manifest: {
    readonly name: string;
    readonly private?: boolean;
    readonly dependencies?: Record<string, string>;
    readonly peerDependencies?: Record<string, string>;
    readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>;
    readonly optionalDependencies?: Record<string, string>;
  };
  readonly files: readonly SourceFile[];
}

export function readPackages(): readonly WorkspacePackage[] {
  const folder = join(root, "packages");
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => {
      const path = join(folder, entry.name);
      const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
      return { name: manifest.name, folder: entry.name, manifest, files: [...readSources(path)] };
    });
}

function* readSources(folder: string): Generator<SourceFile> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (["node_modules", "dist", "generated", "fixtures"].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* readSources(path);
    else if (/\.tsx?$/.test(entry.name)) {
      const text = readFileSync(path, "utf8");
      const imports = ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
      yield { path: relative(root, path).split(sep).join("/"), text, imports };
    }
  }
}
