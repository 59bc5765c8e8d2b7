import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** Everything of the built page, each file compressed, in kB of 1,000 bytes. */
export function pageSizeKb(): number {
  const server = dirname(fileURLToPath(import.meta.resolve("@kissbot/server/package.json")));
  const folder = join(server, "dist", "page");
  const sizes = readdirSync(folder).map((name) => gzipSync(readFileSync(join(folder, name))).length);
  return sizes.reduce((sum, size) => sum + size, 0) / 1_000;
}
