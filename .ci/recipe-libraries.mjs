// Where the libraries of docs/recipes are. They are no part of the workspace, as `npm start` would
// install them too (300 packages, 90 MB): they lie below .tmp, in a folder named after the digest
// of what their lock file says. `pnpm walk recipes` installs them, and `npm test` with CI=true.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { outputOf, pnpmCommand, root } from "./pnpm.mjs";

const source = join(root, "packages", "e2e", "recipes");
const files = ["package.json", "pnpm-lock.yaml"];

export const librariesFolder = join(root, ".tmp", "recipes", digestOf(files));

export function areInstalled() {
  return existsSync(join(librariesFolder, "node_modules"));
}

/** Installs them unless they are there. No script of theirs runs. False where it fails. */
export async function provideLibraries() {
  if (areInstalled()) return true;
  console.log("Installing the libraries of docs/recipes.");
  mkdirSync(join(root, ".tmp", "recipes"), { recursive: true });
  const draft = mkdtempSync(`${librariesFolder}-draft-`);
  try {
    for (const file of files) copyFileSync(join(source, file), join(draft, file));
    const flags = ["--dir", draft, "--ignore-workspace", "--ignore-scripts", "--frozen-lockfile"];
    const command = pnpmCommand(["install", ...flags, "--prefer-offline", "--reporter=append-only"]);
    const { code, output } = await outputOf(command);
    if (code !== 0) console.error(`The libraries of docs/recipes could not be installed:\n${output}`);
    // Somebody else may have been quicker.
    else if (!areInstalled()) renameSync(draft, librariesFolder);
    return code === 0;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** In CI they are installed; on a desk their tests are skipped and counted. */
export async function provideLibrariesInCi() {
  return process.env.CI !== "true" || (await provideLibraries());
}

function digestOf(names) {
  const hash = createHash("sha256");
  for (const name of names) hash.update(readFileSync(join(source, name)));
  return hash.digest("hex").slice(0, 16);
}
