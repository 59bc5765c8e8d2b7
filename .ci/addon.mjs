// The one native addon, better-sqlite3: whether the version for the Node that runs is installed,
// and loads.
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";

// Version 13, which comes with its binaries, where it runs; version 12, which may have to be
// compiled, under Node 20. Each crashes where the other one is needed.
const major = Number.parseInt(process.versions.node, 10) >= 22 ? 13 : 12;
const user = join(root, "packages", "store");

/**
 * Whether it loads into this process. Once it did not, ask `addonLoads`: a process may keep what it
 * has loaded.
 */
export function addonLoadsHere() {
  try {
    const load = createRequire(join(user, "package.json"));
    // One that lies somewhere above the repository does not count.
    if (!load.resolve("better-sqlite3").startsWith(realpathSync(root))) return false;
    if (Number.parseInt(load("better-sqlite3/package.json").version, 10) !== major) return false;
    new (load("better-sqlite3"))(":memory:").close();
    return true;
  } catch {
    return false;
  }
}

/** Whether it loads into a process of its own. */
export function addonLoads() {
  const program = `import(${JSON.stringify(import.meta.url)}).then(({ addonLoadsHere }) => process.exit(addonLoadsHere() ? 0 : 1))`;
  return spawnSync(process.execPath, ["--eval", program], { cwd: root, stdio: "ignore" }).status === 0;
}
