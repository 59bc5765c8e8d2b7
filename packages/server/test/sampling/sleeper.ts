import { readFileSync } from "node:fs";
import { Child, until } from "@kissbot/testkit";
import { parseProcStat } from "../../src/sampling/proc-stat.js";

/** A process that sleeps. */
export async function startSleeper(): Promise<Child> {
  const child =
    process.platform === "win32"
      ? Child.node(["-e", "setInterval(() => {}, 1000)"])
      : new Child("sleep", ["1000"]);
  await until("it sleeps", () => isSleep(child.pid));
  return child;
}

/** The pids of `count` processes that sleep. Each may be killed, and is reaped at once. */
export async function startSleepers(count: number): Promise<number[]> {
  const script = `i=0; while [ $i -lt ${count} ]; do sleep 1000 & echo $!; i=$((i+1)); done; wait`;
  const shell = new Child("sh", ["-c", script], { group: true });
  const pids = () => shell.stdout.split("\n").slice(0, -1).map(Number);
  await until(`${count} processes sleep`, () => pids().length === count && pids().every(isSleep));
  return pids();
}

/**
 * Whether it is the program already, and no longer a copy of its parent that is about to become it:
 * between the two Linux says that it has no memory, and goes on to say so until it has counted its
 * first pages. So it looks like a zombie.
 */
function isSleep(pid: number): boolean {
  if (process.platform !== "linux") return true;
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.includes(" (sleep) ") && (parseProcStat(stat)?.rssPages ?? 0) > 0;
}
