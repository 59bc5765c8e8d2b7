// Installs and builds what the monitor's command needs, one at a time in a checkout.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { packagesOfMonitor, stampedBuild, stampedInstallation, stateOfBuild } from "./build-stamp.mjs";
import { install } from "./install.mjs";
import { root } from "./pnpm.mjs";

const lock = join(root, ".tmp", "build.lock");

/** Resolves with 0, or with the exit code of what failed, which has been said on the screen. */
export async function buildCommand() {
  await takeLock();
  try {
    // Another start may have built it while this one waited.
    const state = stateOfBuild();
    if (state.fresh) return 0;
    const installed = state.installed ? 0 : await stampedInstallation(install);
    if (installed !== 0) return installed;
    console.log("Building.");
    const built = await stampedBuild(buildPackages);
    if (built !== 0) return built;
    console.log("");
    return 0;
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Each package's own script, by itself: neither pnpm nor the network is needed for it. */
async function buildPackages() {
  const builds = new Map();
  for (const { manifest, folder, needs } of packagesOfMonitor()) {
    const before = Promise.all(needs.map((name) => builds.get(name) ?? 0));
    const build = before.then(
      (codes) => codes.find((code) => code !== 0) ?? runScript(manifest.scripts.build, folder),
    );
    builds.set(manifest.name, build);
  }
  const codes = await Promise.all(builds.values());
  return codes.find((code) => code !== 0) ?? 0;
}

/** Its output is shown if it fails. */
function runScript(script, folder) {
  const commands = [
    join(folder, "node_modules", ".bin"),
    join(root, "node_modules", ".bin"),
    process.env.PATH,
  ];
  return new Promise((resolve) => {
    const child = spawn(script, {
      cwd: folder,
      shell: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH: commands.join(delimiter) },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.once("error", ({ message }) => {
      output += message;
    });
    child.once("close", (code) => {
      if (code !== 0) console.error(`${output.trim()}\nThe build of ${folder} failed.`);
      resolve(code ?? 1);
    });
  });
}

async function takeLock() {
  mkdirSync(join(root, ".tmp"), { recursive: true });
  let said = false;
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid}`, { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = readHolder();
    if (holder === undefined) rmSync(lock, { force: true });
    else {
      if (!said) console.log(`Process ${holder} installs and builds here; waiting for it.`);
      said = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** The process that builds, or undefined if it is gone without a word. */
function readHolder() {
  if (!existsSync(lock)) return undefined;
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    // It has made the file and, for an instant, not yet written its id.
    if (pid === 0) return Date.now() - statSync(lock).mtimeMs < 5_000 ? "another" : undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === "EPERM" ? "another" : undefined;
  }
}
