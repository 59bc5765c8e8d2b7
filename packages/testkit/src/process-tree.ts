import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/**
 * SIGKILL to a process and its children at once. Each may lead a group of its own, so they are
 * found by their parent.
 */
export function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  signal(pid, "SIGSTOP");
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    if (parentOf(name) === pid) signal(Number(name), "SIGKILL");
  }
  signal(pid, "SIGKILL");
}

/** The process that started another; -1 where that is gone. */
export function parentOf(pid: string): number {
  try {
    accessSync(`/proc/${pid}/stat`, constants.R_OK);
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return -1;
  }
}

/** Sends a signal to a process, which may have ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
