// The pinned pnpm, run through npx: a machine that has only Node needs nothing else, and corepack,
// which fails behind some mirrors, is not involved. The version stands once, in package.json.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
const windows = process.platform === "win32";
// npm tries three times and waits a minute between: this says within seconds that a registry does
// not answer.
const soon = {
  npm_config_fetch_retries: "1",
  npm_config_fetch_retry_mintimeout: "1000",
  npm_config_fetch_retry_maxtimeout: "1000",
  npm_config_fetch_timeout: "20000",
};

/**
 * How to start pnpm: the one that runs this script, if one does, else the pinned one by way of npx.
 */
export function pnpmCommand(args) {
  const running = process.env.npm_execpath ?? "";
  if (/pnpm[^/\\]*\.[cm]?js$/.test(running)) return [process.execPath, [running, ...args]];
  // The package is named by its own flag: under `npx -p node@24 npm test` npx would look for it in
  // that package.
  const npx = ["--loglevel=error", "--yes", "--prefer-offline", `--package=${pinned}`, "--", "pnpm"];
  return [windows ? "npx.cmd" : "npx", [...npx, ...args]];
}

/** Runs pnpm with the screen attached; resolves with its exit code. */
export async function pnpm(args, env = {}) {
  return (await run(pnpmCommand(args), { ...soon, ...process.env, ...env }, "inherit")).code;
}

/** Runs pnpm unseen; resolves with its exit code and all that it printed. */
export function pnpmOutput(args, env = {}) {
  return outputOf(pnpmCommand(args), { ...soon, ...process.env, ...env });
}

/** Runs a command unseen; resolves with its exit code and all that it printed. */
export function outputOf(command, env = process.env) {
  return run(command, env, ["inherit", "pipe", "pipe"]);
}

function run([command, args], env, stdio) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio,
      shell: windows,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: signal ? 1 : (code ?? 1), output }));
  });
}

/** Runs a command to its end, its output passed on; true when it exits with 0. */
export function succeeds(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: windows });
  if (done.error) console.error(done.error.message);
  return done.status === 0;
}

/**
 * Says in one sentence that this Node is too old, before anything fails in a way nobody can read.
 */
export function assertNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`KissBot Monitor needs Node 20.19 or newer; this is ${process.version}.`);
    process.exit(2);
  }
}
