// The tables of what the product guarantees, and the tags in test titles that prove it. A table is
// one file of a family, `guarantees/KIND/FAMILY.json`, from ids to sentences; a test proves `F2` of
// the family `client` with `[client/F2]` in its title.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A tag, such as `[client/F2]`; the first group is the family, the second the id. */
export const tagPattern = /\[([a-z][a-z0-9-]*)\/([A-Z]+[0-9]+)\]/g;

/** The kinds of tables in the folder, such as `faults`. */
export function kindsIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/**
 * Every guarantee of one kind, family by family, in the order of its file:
 * `{ tag, sentence, isPlanned }`. One that is planned stands as `{ "planned": "sentence" }` and
 * needs no test yet.
 */
export function readTables(folder, kind) {
  if (!existsSync(join(folder, kind))) throw new Error(`no tables of the kind ${kind} in ${folder}`);
  return readdirSync(join(folder, kind))
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap((file) => {
      const family = basename(file, ".json");
      const table = JSON.parse(readFileSync(join(folder, kind, file), "utf8"));
      return Object.entries(table).map(([id, entry]) => ({
        tag: `${family}/${id}`,
        sentence: entry.planned ?? entry,
        isPlanned: entry.planned !== undefined,
      }));
    });
}

/** The tagged tests of a JSON report of vitest: `{ file, title, status, tags }`. */
export function taggedTests(report) {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .map(({ fullName, status }) => ({ file: name, title: fullName.trim(), status, tags: tagsOf(fullName) }))
      .filter(({ tags }) => tags.length > 0),
  );
}

/** The tags within a text, without their brackets. */
export function tagsOf(text) {
  return [...new Set([...text.matchAll(tagPattern)].map(([, family, id]) => `${family}/${id}`))];
}

/**
 * What the tests of one guarantee say: `passed` if at least one ran and none failed, `failed`,
 * `skipped` if this machine could run none of them, `missing` if there is none.
 */
export function verdictOf(tests) {
  if (tests.length === 0) return "missing";
  if (tests.some(({ status }) => status === "failed")) return "failed";
  return tests.some(({ status }) => status === "passed") ? "passed" : "skipped";
}
