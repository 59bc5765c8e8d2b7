// What was installed and built last, and from what. A stamp is removed before anything is changed
// and written after everything is done, so an installation or a build that was broken off is never
// taken for a good one.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import process from "node:process";
import { addonLoadsHere } from "./addon.mjs";
import { root } from "./pnpm.mjs";

// In node_modules, so that they go with them.
const stampOf = (name) => join(root, "node_modules", ".cache", "kissbot-monitor", `${name}.json`);
/** What in the folder of a package is no source of its build. */
const noSource = new Set(["node_modules", "dist", "test", "fixtures", "examples", "cases", "coverage"]);
const monitor = "@kissbot/server";

/**
 * Whether what is built may run as it is, `fresh`; if not, the reason as the beginning of a
 * sentence, and whether all that was installed and built before is still there, `whole`.
 */
export function stateOfBuild() {
  const packages = packagesOfMonitor();
  const installed = readStamp("installed");
  if (installed === undefined || !isInstalled(packages)) {
    return { fresh: false, whole: false, installed: false, reason: "This checkout is not built" };
  }
  if (installed.node !== nodeKey()) {
    return {
      fresh: false,
      whole: false,
      installed: false,
      reason: "This checkout was built by another Node",
    };
  }
  const isCurrent = installed.manifests === manifestsKey();
  const built = readStamp("built");
  if (built === undefined) {
    return { fresh: false, whole: false, installed: isCurrent, reason: "This checkout is not built" };
  }
  const whole = built.outputs === digestOf(outputsOf(packages));
  if (!whole)
    return { fresh: false, whole, installed: isCurrent, reason: "What was built is not whole any more" };
  if (isCurrent && built.sources === sourcesKey(packages)) return { fresh: true, whole, installed: true };
  return {
    fresh: false,
    whole,
    installed: isCurrent,
    reason: "The sources have changed since this was built",
  };
}

/** Installs by `install`, which resolves with an exit code, unless it fails. */
export function stampedInstallation(install) {
  return stamped("installed", () => ({ node: nodeKey(), manifests: manifestsKey() }), install);
}

/** Builds by `build`, which resolves with an exit code, unless it fails. */
export function stampedBuild(build) {
  // Sources that change meanwhile make a stamp that fits nothing.
  const sources = sourcesKey(packagesOfMonitor());
  return stamped("built", () => ({ sources, outputs: digestOf(outputsOf(packagesOfMonitor())) }), build);
}

async function stamped(name, contentOf, work) {
  const stamp = stampOf(name);
  rmSync(stamp, { force: true });
  const code = await work();
  if (code !== 0) return code;
  mkdirSync(dirname(stamp), { recursive: true });
  const draft = `${stamp}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(contentOf())}\n`);
  renameSync(draft, stamp);
  return 0;
}

/**
 * The packages of this workspace that the monitor is built from, each behind those that it needs.
 */
export function packagesOfMonitor() {
  const all = new Map(
    readdirSync(join(root, "packages"))
      .map((name) => join(root, "packages", name))
      .filter((folder) => existsSync(join(folder, "package.json")))
      .map((folder) => ({ folder, manifest: readJson(join(folder, "package.json")) }))
      .map((one) => [one.manifest.name, one]),
  );
  const found = new Map();
  const add = (name) => {
    const one = all.get(name);
    if (one === undefined || found.has(name)) return;
    const { dependencies = {}, devDependencies = {}, scripts = {} } = one.manifest;
    const needed = Object.keys({ ...dependencies, ...devDependencies });
    for (const other of needed) add(other);
    if (scripts.build !== undefined)
      found.set(name, { ...one, needs: needed.filter((other) => all.has(other)) });
  };
  add(monitor);
  return [...found.values()];
}

function readStamp(name) {
  try {
    return readJson(stampOf(name));
  } catch {
    return undefined;
  }
}

/** Whether each dependency is there, and the one native addon can be loaded by this Node. */
function isInstalled(packages) {
  for (const { folder, manifest } of packages) {
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    if (!names.every((name) => existsSync(join(folder, "node_modules", name, "package.json")))) return false;
  }
  return addonLoadsHere();
}

/** An addon that was compiled for one of these does not load into another. */
function nodeKey() {
  return `${process.versions.modules} ${process.platform} ${process.arch}`;
}

function manifestsKey() {
  const manifests = readdirSync(join(root, "packages")).map((name) =>
    join(root, "packages", name, "package.json"),
  );
  const files = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".pnpmfile.cjs"];
  return digestOf([...files.map((name) => join(root, name)), ...manifests].filter(existsSync));
}

function sourcesKey(packages) {
  const shared = ["tsconfig.base.json", ".ci/commonjs-plugin.ts"].map((name) => join(root, name));
  // Each build makes `generated` anew from the rest.
  const isSource = (name) =>
    !["generated", "node_modules"].includes(name) && !name.startsWith(".") && !name.endsWith(".md");
  const sources = packages.flatMap(({ folder }) =>
    readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !noSource.has(name) && isSource(name))
      .flatMap((entry) =>
        entry.isDirectory() ? filesIn(join(folder, entry.name), isSource) : [join(folder, entry.name)],
      ),
  );
  return digestOf([...shared, ...sources]);
}

function outputsOf(packages) {
  return packages.flatMap(({ folder }) => filesIn(join(folder, "dist"), () => true));
}

function filesIn(folder, isWanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => isWanted(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path, isWanted) : [path];
    });
}

/** By path and content: a checkout of the same commit changes the times of files only. */
function digestOf(files) {
  const hash = createHash("sha256");
  for (const file of [...files].sort()) {
    const path = relative(root, file).split(sep).join("/");
    const content = readFileSync(file);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
