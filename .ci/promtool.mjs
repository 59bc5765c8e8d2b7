// Where Prometheus' promtool is, which judges the alert rules. With CI=true Debian's package is
// fetched and unpacked into .tmp/promtool, where root and apt are there: no service of it runs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";

const folder = join(root, ".tmp", "promtool");
const unpacked = join(folder, "usr", "bin", "promtool");

/** A command that runs; null where there is none. */
export function findPromtool() {
  const candidates = ["promtool", unpacked];
  return candidates.find((command) => spawnSync(command, ["--version"]).status === 0) ?? null;
}

/**
 * The command, fetched in CI; null where there is none, which fails there and is skipped elsewhere.
 */
export function providePromtool() {
  const found = findPromtool();
  const isCi = Boolean(process.env.CI) && process.env.CI !== "false";
  if (found !== null || !isCi || process.platform !== "linux") return found;
  mkdirSync(folder, { recursive: true });
  const run = (command, args) =>
    spawnSync(command, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  run("apt-get", ["-qq", "update"]);
  run("apt-get", ["-qq", "download", "prometheus"]);
  const archive = existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith(".deb")) : undefined;
  if (archive !== undefined) run("dpkg-deb", ["--extract", archive, folder]);
  return findPromtool();
}
