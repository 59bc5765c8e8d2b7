// Writes what follows from the schemas: schema.json and driver.schema.json (checked in), and the
// plain types and the check for a polluted prototype (not checked in, made by each build). With
// --types-only it leaves the checked-in files alone, so that a build never hides that one is out of
// date.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createDriverSchema } from "./driver.js";
import { createSchemaDocument } from "./message.js";
import { createPollution } from "./pollution-source.js";
import { createTypes } from "./types-source.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

mkdirSync(path("../src/generated"), { recursive: true });
writeFileSync(path("../src/generated/message.ts"), createTypes());
writeFileSync(path("../src/generated/pollution.ts"), createPollution());
if (!process.argv.includes("--types-only")) {
  writeFileSync(path("../schema.json"), `${JSON.stringify(createSchemaDocument(), null, 2)}\n`);
  writeFileSync(path("../driver.schema.json"), `${JSON.stringify(createDriverSchema(), null, 2)}\n`);
}
