import { readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/**
 * Tells a process from any other that had or will have its pid: the boot, the pid namespace of the
 * asker, and when the process started, in ticks since the boot. Null where the system does not
 * tell: on other systems than Linux, for a process that is gone, for one that `/proc` hides.
 */
export function processStart(pid: number): string | null {
  try {
    const ticks = statOf(pid)[19];
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    const namespace = readlinkSync("/proc/self/ns/pid");
    return ticks === undefined ? null : `${boot} ${namespace} ${ticks}`;
  } catch {
    return null;
  }
}

/** What Linux says of a process, from its state on. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is a name in brackets, of any characters.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Whether it has ended and only its parent has not asked how: it keeps its pid until then. */
function isZombie(pid: number): boolean {
  try {
    return ["Z", "X"].includes(statOf(pid)[0] ?? "");
  } catch {
    return false;
  }
}

/**
 * Whether the process of that pid and start still runs. Where only the pid can be looked at, that
 * decides.
 */
export function isRunning(pid: number, start: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  if (isZombie(pid)) return false;
  const found = start === null ? null : processStart(pid);
  return found === null || found === start;
}
