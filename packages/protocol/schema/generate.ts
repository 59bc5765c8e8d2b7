// Writes what follows from the schemas: schema.json (checked in), and the plain types and the check
// for a polluted prototype (not checked in, made by each build). With --types-only it leaves
// schema.json alone, so that a build never hides that it is out of date.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSchemaDocument } from "./message.js";
import { createPollution } from "./pollution-source.js";
import { createTypes } from "./types-source.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

mkdirSync(path("../src/generated"), { recursive: true });
writeFileSync(path("../src/generated/message.ts"), createTypes());
writeFileSync(path("../src/generated/pollution.ts"), createPollution());
if (!process.argv.includes("--types-only")) {
  writeFileSync(path("../schema.json"), `${JSON.stringify(createSchemaDocument(), null, 2)}\n`);
}
