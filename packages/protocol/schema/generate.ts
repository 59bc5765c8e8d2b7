// Writes what follows from the schemas: schema.json (checked in) and the plain types (not checked in, made by each build).
// With --types-only it leaves schema.json alone, so that a build never hides that it is out of date.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSchemaDocument } from "./message.js";
import { createTypes } from "./types-source.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

mkdirSync(path("../src/generated"), { recursive: true });
writeFileSync(path("../src/generated/message.ts"), createTypes());
if (!process.argv.includes("--types-only")) {
  writeFileSync(path("../schema.json"), `${JSON.stringify(createSchemaDocument(), null, 2)}\n`);
}
