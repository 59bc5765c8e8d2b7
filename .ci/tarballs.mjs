// What a user installs is a tarball, so that is what is judged: each published package is packed,
// checked by publint and attw, and imported from an empty project, as ESM and (where it ships CJS)
// as CommonJS.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { deadLinksIn } from "./packed-links.mjs";
import { pnpmCommand, root, succeeds } from "./pnpm.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
const packages = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
  .filter(({ manifest }) => !manifest.private);

const scratch = mkdtempSync(join(tmpdir(), "kissbot-tarballs-"));
let ok = true;
try {
  const project = join(scratch, "project");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');

  const tarballs = new Map();
  for (const { folder, manifest } of packages) tarballs.set(manifest.name, pack(folder, manifest));
  for (const { folder, manifest } of packages) unpack(folder, manifest, tarballs.get(manifest.name), project);

  for (const { manifest } of packages) {
    const tarball = tarballs.get(manifest.name);
    checkContents(manifest, tarball);
    check(`publint ${manifest.name}`, bin("publint"), ["run", tarball, "--strict"]);
    // An ESM-only package is expected to resolve as ESM from CommonJS; everything else must hold,
    // node10 included.
    const esmOnly = !hasCommonJs(manifest);
    check(`attw ${manifest.name}`, bin("attw"), [
      tarball,
      "--format=table-flipped",
      "--no-emoji",
      ...(esmOnly ? ["--ignore-rules", "cjs-resolves-to-esm"] : []),
    ]);
    for (const entry of entries(manifest)) {
      const specifier = entry === "." ? manifest.name : `${manifest.name}/${entry.slice(2)}`;
      const attributes = entry.endsWith(".json") ? ', { with: { type: "json" } }' : "";
      run(project, "module", `const m = await import(${JSON.stringify(specifier)}${attributes});`, specifier);
      if (!esmOnly) run(project, "commonjs", `const m = require(${JSON.stringify(specifier)});`, specifier);
    }
    for (const [command, file] of Object.entries(manifest.bin ?? {})) {
      const script = join(project, "node_modules", manifest.name, file);
      check(`${command} --version`, process.execPath, [script, "--version"]);
      if (!(statSync(script).mode & 0o100)) fail(`${command}: ${file} is not executable`);
      if (command === "kissbot-monitor") await checkPage(script);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(ok ? 0 : 1);

function pack(folder, manifest) {
  const done = spawnSync(...pnpmCommand(["pack", "--json", "--pack-destination", scratch]), {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (done.status !== 0) throw new Error(`pnpm pack ${manifest.name}: ${done.stdout}${done.stderr}`);
  return JSON.parse(done.stdout).filename;
}

/**
 * Lays the tarball out as an installation does; its third-party dependencies are the workspace's,
 * since the gate works offline.
 */
function unpack(folder, manifest, tarball, project) {
  const target = join(project, "node_modules", manifest.name);
  mkdirSync(target, { recursive: true });
  const done = spawnSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", target], {
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`tar ${tarball}: ${done.stderr}`);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    if (packages.some((other) => other.manifest.name === name)) continue;
    const link = join(target, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    // The root has the SQLite of Node 20.
    const source = [folder, root].map((place) => join(place, "node_modules", name)).find(existsSync);
    if (source === undefined) continue; // optional, and not for this Node
    symlinkSync(source, link);
  }
}

/**
 * A tarball has a README, the licence, and what the manifest names; no sources, tests or leavings
 * of a run.
 */
function checkContents(manifest, tarball) {
  const listed = spawnSync("tar", ["-tzf", tarball], { encoding: "utf8" }).stdout.trim().split("\n");
  const files = listed.map((path) => path.replace(/^package\//, ""));
  const named = manifest.files.filter((path) => !path.startsWith("!"));
  const allowed = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", ...named];
  const strays = files.filter(
    (path) =>
      !allowed.some((name) => path === name || path.startsWith(`${name}/`)) ||
      /__pycache__|\.test\.|\.log$/.test(path),
  );
  const missing = ["README.md", "LICENSE", ...named].filter(
    (name) => !files.some((path) => path === name || path.startsWith(`${name}/`)),
  );
  const unpacked = join(scratch, "project", "node_modules", manifest.name);
  for (const page of files.filter((path) => path.endsWith(".md"))) {
    const markdown = readFileSync(join(unpacked, page), "utf8");
    for (const link of deadLinksIn(markdown, page, files, manifest))
      fail(`${manifest.name}/${page}: dead link ${link}`);
  }
  if (strays.length + missing.length === 0) {
    console.log(`contents of ${manifest.name}: ${files.length} files, ok`);
    return;
  }
  console.error(
    `contents of ${manifest.name}: FAILED; missing: ${missing.join(", ")}; not expected: ${strays.join(", ")}`,
  );
  ok = false;
}

/** The packed server serves its page, with each file that the page names. */
async function checkPage(script) {
  const folder = join(scratch, "monitor");
  mkdirSync(folder);
  const args = ["start", "--json", "--log-level", "error", "--http", "127.0.0.1:0"];
  const places = ["--socket", join(folder, "s"), "--store", join(folder, "db"), "--state-file", "off"];
  const monitor = spawn(process.execPath, [script, ...args, ...places], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [report] = await once(monitor.stdout, "data");
    const { http } = JSON.parse(report);
    const shell = await fetch(`${http}/`);
    const text = await shell.text();
    const names = [...text.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, name]) => name);
    const statuses = await Promise.all(names.map(async (name) => (await fetch(`${http}/${name}`)).status));
    if (shell.status === 200 && names.length >= 3 && statuses.every((status) => status === 200)) {
      console.log(`page of ${script.split("/").at(-1)}: ${names.length} files, ok`);
    } else fail(`page: FAILED; ${shell.status} with ${names.join(", ") || text}: ${statuses.join(", ")}`);
  } catch (error) {
    fail(`page: FAILED; ${error}`);
  } finally {
    const ended = once(monitor, "exit");
    monitor.kill();
    await ended;
  }
}

function entries(manifest) {
  return Object.keys(manifest.exports ?? {}).filter((entry) => !entry.includes("*"));
}

function hasCommonJs(manifest) {
  return JSON.stringify(manifest.exports ?? {}).includes('"require"');
}

function check(name, command, args) {
  if (!succeeds(command, args)) fail(`${name}: FAILED`);
}

function fail(message) {
  console.error(message);
  ok = false;
}

function run(cwd, type, load, specifier) {
  const program = `${load} if (Object.keys(m).length === 0) throw new Error("nothing is exported");`;
  const done = spawnSync(process.execPath, [`--input-type=${type}`, "--eval", program], {
    cwd,
    encoding: "utf8",
  });
  if (done.status === 0) {
    console.log(`import of ${specifier} (${type}): ok`);
    return;
  }
  console.error(`import of ${specifier} (${type}): FAILED\n${done.stderr}`);
  ok = false;
}
