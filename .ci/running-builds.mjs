// Which processes run from what is built in this checkout: nothing may be built or installed under
// them.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";

const built = /^packages\/[^/]+\/(?:dist|bin)\/[^/]+\.[cm]?js$/;

/** Their ids: monitors, commands and simulated bots, of any user. On Windows none is found. */
export function processesOfBuild() {
  if (existsSync("/proc/self/cmdline")) {
    const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    return ids.filter(runsBuild).map(Number);
  }
  const listed = spawnSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" }).stdout ?? "";
  return listed
    .split("\n")
    .filter((line) => line.includes(`${root}/packages/`) && /\/(?:dist|bin)\/[^/ ]+\.[cm]?js\b/.test(line))
    .map((line) => Number.parseInt(line, 10));
}

/**
 * Whether it is a Node that was given one of our files; an editor or `tail` of one does no harm.
 */
function runsBuild(pid) {
  try {
    const [program = "", ...rest] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return (
      /^(?:node|nodejs|bun|deno)\b/.test(program.split("/").at(-1)) &&
      rest.some((argument) => /\.[cm]?js$|kissbot-monitor$/.test(argument) && isBuilt(argument, pid))
    );
  } catch {
    return false; // it has ended
  }
}

function isBuilt(argument, pid) {
  // Another user's working directory cannot be read; an absolute path needs none.
  const path = argument.startsWith("/")
    ? argument
    : resolve(readlinkSync(join("/proc", pid, "cwd")), argument);
  if (!existsSync(path)) return built.test(relative(root, path).split(sep).join("/"));
  return built.test(relative(realpathSync(root), realpathSync(path)).split(sep).join("/"));
}
