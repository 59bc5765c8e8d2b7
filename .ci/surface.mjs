// `pnpm surface`: writes down what users of the built packages see: schema of a fresh database,
// OpenAPI, metrics, help, JSON of the commands, types, exit codes, fixtures. `pnpm surface --check`
// compares it with what is written down, prints the difference, and ends with 1 where there is one.
// Names of files behind it choose some of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { root } from "./pnpm.mjs";
import { exitCodes } from "./surface/exit-codes.mjs";
import { fixtureDigests } from "./surface/fixture-digests.mjs";
import { helpTexts } from "./surface/help-texts.mjs";
import { lineDiff } from "./surface/line-diff.mjs";
import { manifests } from "./surface/manifests.mjs";
import { runningMonitor } from "./surface/running-monitor.mjs";

/** Each gives texts by the name of their file. What stands together is had together. */
const sources = [
  { files: ["database.sql", "openapi.json", "metrics.txt", "json.txt"], texts: runningMonitor },
  { files: ["help.txt"], texts: helpTexts },
  { files: ["exit-codes.txt"], texts: exitCodes },
  { files: ["fixtures.txt"], texts: fixtureDigests },
  { files: ["packages.txt"], texts: manifests },
  {
    files: ["types-client.txt", "types-protocol.txt", "types-server.txt", "types-store.txt"],
    // The compiler takes its time to load.
    texts: async () => (await import("./surface/built-types.mjs")).builtTypes(),
  },
];
const files = sources.flatMap((source) => source.files).sort();

process.exitCode = await run();

async function run() {
  const { check, folder, chosen, problem } = wishes(process.argv.slice(2));
  if (problem !== undefined) {
    console.error(
      `${problem}\nUsage: pnpm surface [--check] [--folder PATH] [FILE ...], of ${files.join(", ")}`,
    );
    return 2;
  }
  if (process.platform !== "linux") {
    console.log("The surface is written down on Linux, and compared there alone.");
    return 0;
  }
  if (!existsSync(join(root, "packages", "server", "dist", "main.js"))) {
    console.error("the packages are not built: run `pnpm build` first");
    return 1;
  }
  const wanted = sources.filter((source) => source.files.some((file) => chosen.includes(file)));
  const texts = Object.assign({}, ...(await Promise.all(wanted.map((source) => source.texts()))));
  const found = Object.entries(texts).filter(([file]) => chosen.includes(file));
  return check ? compare(found, folder) : write(found, folder);
}

function wishes(args) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { check: { type: "boolean", default: false }, folder: { type: "string" } },
    });
    const unknown = positionals.find((file) => !files.includes(file));
    if (unknown !== undefined) return { problem: `there is no ${unknown}` };
    return {
      check: values.check,
      folder: resolve(values.folder ?? join(root, ".ci", "surface", "snapshot")),
      chosen: positionals.length === 0 ? files : positionals,
    };
  } catch (error) {
    return { problem: error.message };
  }
}

function write(found, folder) {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (!files.includes(file)) rmSync(join(folder, file));
  for (const [file, text] of found) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return 0;
}

function compare(found, folder) {
  let changed = 0;
  for (const [file, text] of found.sort()) {
    const path = join(folder, file);
    const difference = lineDiff(existsSync(path) ? readFileSync(path, "utf8") : "", text);
    if (difference === "") continue;
    changed += 1;
    console.log(`${file}: - as written down, + as built\n${difference}\n`);
  }
  if (changed === 0) return 0;
  console.log(
    "The surface changed. If that is intended, run `pnpm surface` and name the lines in the commit.",
  );
  return 1;
}
