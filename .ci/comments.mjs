// `pnpm comments [PATH ...]`: lists each comment line of more than 100 columns below these files
// and folders, of the packages and this folder if none is given, and ends with 1 where there is
// one. `pnpm comments --write` wraps their paragraphs anew. Rows of tables, and words that are
// longer than a line, stay.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { overlongLines, wrapComments } from "./comments/comment-text.mjs";
import { root } from "./pnpm.mjs";

const left = ["node_modules", "dist", "generated", "fixtures", ".tmp"];

process.exitCode = run();

function run() {
  let given;
  try {
    const options = { write: { type: "boolean", default: false } };
    given = parseArgs({ options, allowPositionals: true });
    const missing = given.positionals.find((path) => !existsSync(path));
    if (missing !== undefined) throw new Error(`there is no ${missing}`);
  } catch (error) {
    console.error(`${error.message}\nUsage: pnpm comments [--write] [PATH ...]`);
    return 2;
  }
  const { values, positionals } = given;
  const places = positionals.length > 0 ? positionals.map((path) => resolve(path)) : defaults();
  let found = 0;
  for (const path of places.flatMap((place) => [...filesIn(place)]).sort()) {
    const text = readFileSync(path, "utf8");
    if (!/^.{101}/m.test(text)) continue;
    const wrapped = values.write ? wrapComments(text, path) : text;
    if (wrapped !== text) writeFileSync(path, wrapped);
    for (const line of overlongLines(wrapped, path)) {
      found++;
      console.log(`${relative(root, path)}:${line}`);
    }
  }
  if (found > 0) console.log(`\n${found} comment lines are longer than 100 columns: pnpm comments --write`);
  return found === 0 ? 0 : 1;
}

function defaults() {
  return [join(root, "packages"), join(root, ".ci")];
}

function* filesIn(place) {
  if (!statSync(place).isDirectory()) {
    if (/\.[cm]?[jt]sx?$/.test(place)) yield place;
    return;
  }
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    if (!left.includes(entry.name) && !entry.isSymbolicLink()) yield* filesIn(join(place, entry.name));
  }
}
