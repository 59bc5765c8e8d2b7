import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a file of this package. Sources and what is built of them lie equally deep. */
export const packagePath = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

export const packageJson = <Shape>(name: string): Shape =>
  JSON.parse(readFileSync(packagePath(name), "utf8"));
