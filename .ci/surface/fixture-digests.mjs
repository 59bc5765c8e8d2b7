import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { root } from "../pnpm.mjs";

/** SHA-256 of the schema and of every file of the fixtures that ship with the protocol. */
export async function fixtureDigests() {
  const folder = join(root, "packages", "protocol");
  const files = readdirSync(join(folder, "fixtures"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const lines = [join(folder, "schema.json"), ...files].map((path) => {
    const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
    return `${relative(folder, path).split(sep).join("/")} ${digest}\n`;
  });
  return { "fixtures.txt": lines.sort().join("") };
}
