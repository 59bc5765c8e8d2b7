import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

/**
 * Which core the measured process runs on, and which one its load; null where processes are not
 * pinned.
 */
export interface Cores {
  readonly server: number | null;
  readonly load: number | null;
  /** For the method's text. */
  readonly text: string;
}

export const cores: Cores = chooseCores();

/** The command as it is to be started to run on that core only. */
export function pinned(core: number | null, command: readonly string[]): readonly string[] {
  return core === null ? command : ["taskset", "-c", String(core), ...command];
}

/** This process and whatever it starts from now on, unless that is pinned by itself. */
export function pinThisProcess(core: number | null): void {
  if (core === null) return;
  spawnSync("taskset", ["-a", "-p", "-c", String(core), String(process.pid)], { stdio: "ignore" });
}

function chooseCores(): Cores {
  const [server, load] = allowedCores();
  const hasTaskset = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
  if (!hasTaskset) return { server: null, load: null, text: "Not pinned to cores: there is no taskset." };
  if (server === undefined || load === undefined)
    return { server: null, load: null, text: "Not pinned to cores: there is one only." };
  return { server, load, text: "The server is pinned to one core, its load to another." };
}

/** From `0-1,4`, as the kernel writes it. */
function allowedCores(): number[] {
  let status: string;
  try {
    status = readFileSync("/proc/self/status", "utf8");
  } catch {
    // No Linux: then there is no taskset either.
    return [];
  }
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
  return list.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
