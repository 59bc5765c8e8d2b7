// node prune.mjs FOLDER: removes from the installed packages in FOLDER what the monitor never
// reads: binaries for other systems, C and C++ sources, TypeScript, source maps, documents and
// tests. Licences stay.
import { existsSync, readdirSync, rmSync, rmdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";

const folder = join(process.argv[2] ?? ".", "node_modules");
const isMusl = process.report.getReport().header.glibcVersionRuntime === undefined;
const kept = `${process.platform}${process.platform === "linux" && isMusl ? "musl" : ""}-${process.arch}`;

const unread = /\.(?:md|markdown|map|[cm]?ts|[ch](?:pp|c)?|gypi?)$|^\./i;
const unreadFolders = new Set([".github", "benchmark", "benchmarks", "docs", "examples", "test", "tests"]);
/** Of these packages only a build from source reads something. */
const buildOnly = ["node-addon-api"];

const driver = join(folder, "better-sqlite3");
const binary = join(driver, "prebuilds", `${kept}.node`);
if (!existsSync(binary)) throw new Error(`better-sqlite3 brings no binary for ${kept}`);
for (const name of readdirSync(join(driver, "prebuilds"))) {
  if (name !== basename(binary)) remove(join(driver, "prebuilds", name));
}
for (const name of ["deps", "src"]) remove(join(driver, name));
for (const name of buildOnly) remove(join(folder, name));
prune(folder, true);
console.log(`${bytesOf(folder)} bytes are left, with the driver for ${kept}`);

/** `isList`: a folder of packages, whose names say nothing about what is in them. */
function prune(place, isList) {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    const path = join(place, entry.name);
    if (entry.isDirectory()) {
      const isScope = isList && entry.name.startsWith("@");
      if (!isList && unreadFolders.has(entry.name)) remove(path);
      else prune(path, isScope || entry.name === "node_modules");
    } else if (!isList && !/^(?:licen[cs]e|notice|copying)/i.test(entry.name) && unread.test(entry.name)) {
      remove(path);
    }
  }
  if (readdirSync(place).length === 0) rmdirSync(place);
}

function remove(path) {
  rmSync(path, { recursive: true, force: true });
}

function bytesOf(place) {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
