// The pinned pnpm, run through npx: a machine that has only Node needs nothing else, and corepack,
// which fails behind some mirrors, is not involved. The version stands once, in package.json.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
const npx = process.platform === "win32" ? "npx.cmd" : "npx";

/** The environment in which pnpm runs: no questions, and native addons built against the headers of this very Node. */
function environment() {
  const env = { ...process.env, COREPACK_ENABLE_STRICT: "0", npm_config_yes: "true" };
  // Node's own archive, and the npm package `node`, carry their headers beside bin/: an addon compiled
  // against another Node's headers loads into this one and crashes.
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  if (existsSync(join(prefix, "include", "node", "node_version.h"))) {
    env.npm_config_nodedir = prefix;
  }
  return env;
}

/** Runs the pinned pnpm with the screen attached; resolves with its exit code. */
export function pnpm(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(npx, ["-y", pinned, ...args], {
      cwd: root,
      env: environment(),
      stdio: "inherit",
      shell: process.platform === "win32",
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
}

/** Installs what the lock file names, and makes sure that native addons fit the Node that is running. */
export async function install() {
  const stamp = join(root, "node_modules", ".kissbot-node-abi");
  const abi = process.versions.modules;
  const before = existsSync(stamp) ? readFileSync(stamp, "utf8") : undefined;
  const addon = usesNativeAddon();
  if (addon && before !== abi) {
    console.log(
      "Installing. better-sqlite3 is compiled here where no prebuilt binary can be downloaded: that takes about a minute, once.",
    );
  } else {
    console.log("Installing.");
  }
  const code = await pnpm(["install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=warn"]);
  if (code !== 0) return code;
  if (addon && before !== undefined && before !== abi) {
    console.log(`Node changed (ABI ${before} to ${abi}): building better-sqlite3 again.`);
    const rebuilt = await pnpm(["rebuild", "--recursive", "better-sqlite3"]);
    if (rebuilt !== 0) return rebuilt;
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, abi);
  return 0;
}

function usesNativeAddon() {
  const packages = join(root, "packages");
  return readdirSync(packages).some((name) => {
    const manifest = join(packages, name, "package.json");
    if (!existsSync(manifest)) return false;
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    return "better-sqlite3" in { ...dependencies, ...devDependencies };
  });
}

/** Says in one sentence that this Node is too old, before anything fails in a way nobody can read. */
export function assertNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`KissBot Monitor needs Node 20.19 or newer; this is ${process.version}.`);
    process.exit(2);
  }
}

/** Runs a command to its end, its output passed on; true when it exits with 0. */
export function succeeds(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    env: environment(),
    stdio: "inherit",
    shell: process.platform === "win32",
    ...options,
  });
  if (done.error) console.error(done.error.message);
  return done.status === 0;
}
