import { readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/**
 * Tells a process from any other that had or will have its pid: the boot, the pid namespace of the
 * asker, and when the process started, in ticks since the boot. Null where the system does not tell:
 * on other systems than Linux, for a process that is gone, for one that `/proc` hides.
 */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Its second field is a name in brackets, of any characters.
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    const namespace = readlinkSync("/proc/self/ns/pid");
    return ticks === undefined ? null : `${boot} ${namespace} ${ticks}`;
  } catch {
    return null;
  }
}

/** Whether the process of that pid and start still runs. Where only the pid can be looked at, that decides. */
export function isRunning(pid: number, start: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const found = start === null ? null : processStart(pid);
  return found === null || found === start;
}
