import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../pnpm.mjs";

const fields = [
  "type",
  "engines",
  "bin",
  "exports",
  "typesVersions",
  "files",
  "dependencies",
  "optionalDependencies",
  "peerDependencies",
];

/** What the published manifests promise; their versions are the releases' business. */
export async function manifests() {
  const lines = readdirSync(join(root, "packages"))
    .map((name) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")))
    .filter((manifest) => !manifest.private)
    .flatMap((manifest) => [
      `${manifest.name}\n`,
      ...fields.flatMap((field) => leaves(manifest[field], field)).map((line) => `  ${line}\n`),
    ]);
  return { "packages.txt": lines.join("") };
}

function leaves(value, path) {
  if (value === undefined) return [];
  if (typeof value !== "object") return [`${path}: ${value}`];
  return Object.entries(value).flatMap(([name, one]) =>
    leaves(one, Array.isArray(value) ? `${path}[]` : `${path} > ${name}`),
  );
}
