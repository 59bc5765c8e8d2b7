import { createHash } from "node:crypto";
import type { CaseHead } from "./case.js";
import { createCaseSchema } from "./case-schema.js";
import { protocolVersion, suite, suiteVersion } from "./suite.js";

/**
 * What fixtures/ holds besides its README: the text of each file by its path. Equal cases give
 * equal bytes.
 */
export function createShippedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const listed: object[] = [];
  for (const [name, cases] of Object.entries(suite)) {
    const path = name.split("/");
    const file = path.at(-1) as string;
    // Timelines as a monitor sees them stand beside those of the client's inner life.
    const kind = path.at(-2);
    const lines = cases.map((one) => `${ascii(JSON.stringify(asShipped(file, one)))}\n`);
    const text = lines.join("");
    const sha256 = createHash("sha256").update(text).digest("hex");
    listed.push({ path: `${name}.jsonl`, kind, cases: lines.length, sha256 });
    files.set(`${name}.jsonl`, text);
  }
  files.set("manifest.json", json({ protocol: protocolVersion, suite_version: suiteVersion, files: listed }));
  files.set("case.schema.json", json(createCaseSchema()));
  return files;
}

/** The case as it stands in its file, where each says for which version it holds. */
function asShipped(file: string, one: CaseHead): object {
  const { id, title, level, spec, since = "1.0", suite: addedBy, ...rest } = one;
  return { id: `${file}/${id}`, title, level, spec, since, suite: addedBy, ...rest };
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** Escapes what is not printable ASCII, so that no editor, terminal or checkout changes a case. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
