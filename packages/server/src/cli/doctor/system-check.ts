import { readFileSync } from "node:fs";
import process from "node:process";
import type { Settings } from "../../config/settings.js";
import { type Finding, fail, ok, warn } from "./finding.js";

/** The platform, and whether the processes of bots can be seen. */
export function checkSystem({ probe }: Pick<Settings, "probe">): Finding[] {
  const node = `Node ${process.versions.node} on ${process.platform}`;
  const platform =
    process.platform === "linux"
      ? ok("system", node)
      : warn("system", node, "fine for development; run a fleet's monitor on Linux");
  return [platform, processFinding(probe)];
}

function processFinding(probe: Settings["probe"]): Finding {
  const check = "processes";
  if (process.platform !== "linux") {
    return probe === "proc"
      ? fail(check, "--probe proc needs Linux", "leave --probe at auto")
      : warn(check, "pidusage is used: a reused pid is not noticed here", "run a fleet's monitor on Linux");
  }
  if (probe === "pidusage") {
    return warn(check, "--probe pidusage: a reused pid is not noticed", "leave --probe at auto");
  }
  try {
    readFileSync("/proc/self/stat");
  } catch {
    return fail(
      check,
      "/proc is not mounted: no bot's process can be seen",
      "mount it, or use --probe pidusage",
    );
  }
  try {
    // Process 1 is somebody else's for every monitor but one that runs as root.
    readFileSync("/proc/1/stat");
    return ok(check, "/proc shows the processes of all users");
  } catch {
    const found =
      "/proc hides other users' processes (hidepid, ProtectProc): their bots cannot be found dead";
    return warn(
      check,
      found,
      "let the monitor's group see them: mount /proc with gid=, or no ProtectProc in its unit",
    );
  }
}
