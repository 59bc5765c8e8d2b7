// Builds the browser's program into dist/page: one script, one style sheet, the icon and the shell
// that names them. The names carry a hash of the content, so a browser may keep a file for ever.
// The same sources give the same bytes. It runs after tsup, which empties dist.
// `node page/build.mjs FOLDER` builds into another folder.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minifySync } from "rolldown/utils";
import { chartParts } from "./chart-parts.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(folder, "..", "dist", "page"));

const { outputFiles, metafile } = await build({
  absWorkingDir: folder,
  entryPoints: { page: "main.tsx", style: "page.css" },
  outdir: target,
  write: false,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  // Names of our own: what comes as JSON is in snake_case.
  mangleProps: /[a-z]Ms$/,
  charset: "utf8",
  metafile: true,
  plugins: [chartParts],
});

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
let shell = readFileSync(join(folder, "index.html"), "utf8");
for (const { path, contents } of outputFiles) {
  if (path.endsWith("page.js")) ship("page.js", smaller(contents));
  if (path.endsWith("style.css")) ship("page.css", contents);
}
ship("icon.svg", readFileSync(join(folder, "icon.svg")));
// A page that is open compares this with what the monitor says of the page that it would serve now.
shell = shell.replace('content="build"', `content="${hashOf(shell)}"`);
writeFileSync(join(target, "index.html"), shell.replace(/^\s+/gm, ""));
writeFileSync(join(target, "THIRD-PARTY.txt"), notices());

/**
 * The script again, by a second compiler: it drops what the first leaves, and names what is left by
 * how often it is named. That saves 2 kB after compression.
 */
function smaller(script) {
  const { code, errors } = minifySync("page.js", new TextDecoder().decode(script), {
    module: true,
    compress: { target: "es2022" },
    mangle: { toplevel: true },
    codegen: { removeWhitespace: true },
  });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  return code;
}

/** Writes a file under its name with the hash, and puts that name into the shell. */
function ship(name, bytes) {
  const [stem, ending] = name.split(".");
  const named = `${stem}-${hashOf(bytes)}.${ending}`;
  if (!shell.includes(`"${name}"`)) throw new Error(`index.html does not name ${name}`);
  shell = shell.replace(`"${name}"`, `"assets/${named}"`);
  writeFileSync(join(target, named), bytes);
}

function hashOf(bytes) {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}

/** The licences of everything from outside that is in the script and the style sheet. */
function notices() {
  const packages = new Map();
  for (const input of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\/(?!.*node_modules\/)/.exec(input);
    if (found !== null) packages.set(found[2], resolve(folder, found[1]));
  }
  const parts = [...packages].sort().map(([name, path]) => {
    const { version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    return `${name} ${version} (${license})\n\n${readFileSync(join(path, "LICENSE"), "utf8").trim()}\n`;
  });
  return `The page contains the following software.\n\n${parts.join("\n----\n\n")}`;
}
