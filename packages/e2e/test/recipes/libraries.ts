import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";

const script = new URL("../../../../.ci/recipe-libraries.mjs", import.meta.url).href;
const installation: { librariesFolder: string; areInstalled(): boolean } = await import(script);

/** The folder in which the libraries of docs/recipes are installed. */
export const { librariesFolder } = installation;

/** Whether what is missing on this machine fails the tests; elsewhere it is skipped and named. */
export const isStrict = process.env["CI"] === "true";

/** Tests that need the libraries run where they are installed, or have to be. */
export const areTested = isStrict || installation.areInstalled();
if (!areTested)
  console.warn("SKIPPED: the libraries of docs/recipes are not installed: `pnpm walk recipes` does it.");

/** A library as its users get it. */
export function library<Library>(name: string): Library {
  return createRequire(join(librariesFolder, "package.json"))(name) as Library;
}
