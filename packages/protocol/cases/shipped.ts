import { createHash } from "node:crypto";
import { createCaseSchema } from "./case-schema.js";
import { suite, suiteVersion } from "./suite.js";

/**
 * What fixtures/ holds besides its README: the text of each file by its path. Equal cases give
 * equal bytes.
 */
export function createShippedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const listed: object[] = [];
  for (const [name, cases] of Object.entries(suite)) {
    const [kind, file] = name.split("/");
    const lines = cases.map((one) => `${ascii(JSON.stringify({ ...one, id: `${file}/${one.id}` }))}\n`);
    const text = lines.join("");
    const sha256 = createHash("sha256").update(text).digest("hex");
    listed.push({ path: `${name}.jsonl`, kind, cases: lines.length, sha256 });
    files.set(`${name}.jsonl`, text);
  }
  files.set("manifest.json", json({ protocol: 1, suite_version: suiteVersion, files: listed }));
  files.set("case.schema.json", json(createCaseSchema()));
  return files;
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** Escapes what is not printable ASCII, so that no editor, terminal or checkout changes a case. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
