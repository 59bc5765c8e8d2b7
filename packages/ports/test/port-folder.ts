import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package. */
export const ports = dirname(dirname(fileURLToPath(import.meta.url)));

/** The repository's root. */
export const root = dirname(dirname(ports));

/** What is built for the tests goes here: ignored by git, and kept for the next run. */
export const built = join(root, ".tmp", "ports");

/** The languages that have a client here. */
export function languages(): readonly string[] {
  return readdirSync(ports).filter((name) => existsSync(join(ports, name, "README.md")));
}
