import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { parseProcStat } from "../../src/sampling/proc-stat.js";
import { until } from "../until.js";

const running = new Set<ChildProcess>();
/** Shells that lead a process group of sleepers. */
const groups = new Set<ChildProcess>();

/** Kills what a test has started. */
export async function killChildren(): Promise<void> {
  for (const { pid } of groups) if (pid !== undefined) process.kill(-pid, "SIGKILL");
  await Promise.all([...groups, ...running].map(kill));
  groups.clear();
}

/** A process of a test that runs `command`, killed after it. */
export function start(
  command: string,
  args: readonly string[],
  ipc = false,
): ChildProcess & { readonly pid: number } {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "inherit", ...(ipc ? ["ipc" as const] : [])],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child as ChildProcess & { readonly pid: number };
}

/** The pids of `count` processes that sleep. Each may be killed, and is reaped at once. */
export async function startSleepers(count: number): Promise<number[]> {
  const script = `i=0; while [ $i -lt ${count} ]; do sleep 1000 & echo $!; i=$((i+1)); done; wait`;
  const shell = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  groups.add(shell);
  let told = "";
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const pids = () => told.split("\n").slice(0, -1).map(Number);
  await until(`${count} processes sleep`, () => pids().length === count && pids().every(isSleep));
  return pids();
}

/** Kills it and waits until it has been reaped: its pid is free. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** A process that sleeps. */
export async function startSleeper(): Promise<ChildProcess & { readonly pid: number }> {
  const child =
    process.platform === "win32"
      ? start(process.execPath, ["-e", "setInterval(() => {}, 1000)"])
      : start("sleep", ["1000"]);
  await until("it sleeps", () => isSleep(child.pid));
  return child;
}

/**
 * Whether it is the program already, and no longer a copy of its parent that is about to become it: between the two Linux says that it has
 * no memory, and goes on to say so until it has counted its first pages. So it looks like a zombie.
 */
function isSleep(pid: number): boolean {
  if (process.platform !== "linux") return true;
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.includes(" (sleep) ") && (parseProcStat(stat)?.rssPages ?? 0) > 0;
}
