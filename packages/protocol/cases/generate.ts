// Writes the fixtures (checked in) from the cases that are authored in this folder. A test fails
// when they differ.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createShippedFiles } from "./shipped.js";

const folder = fileURLToPath(new URL("../fixtures", import.meta.url));

// A file that has been renamed here must not stay behind there.
for (const name of readdirSync(folder))
  if (name !== "README.md") rmSync(join(folder, name), { recursive: true });
for (const [path, text] of createShippedFiles()) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
