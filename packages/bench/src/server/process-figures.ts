import { readdirSync, readFileSync } from "node:fs";

/** CPU time in nanoseconds since the process began. */
export interface CpuTime {
  readonly main: number;
  /** All threads: the store's, the collector's, the pool's. */
  readonly all: number;
}

const tickNs = 1e7;

/**
 * From Linux's /proc, to the nanosecond. What threads took that have ended since is known to two
 * hundredths of a second.
 */
export function cpuTimeOf(pid: number): CpuTime {
  let main = 0;
  let living = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const ns = threadNs(pid, thread);
    living += ns;
    if (Number(thread) === pid) main = ns;
  }
  const ended = processNs(pid) - living;
  return { main, all: living + (ended > 2 * tickNs ? ended : 0) };
}

/** 0 of one that has just ended. */
function threadNs(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
}

/** Of all threads that there were, in whole ticks. */
function processNs(pid: number): number {
  // The name, in brackets, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const [user, system] = [fields[11], fields[12]];
  return (Number(user) + Number(system)) * tickNs;
}

export function residentMbOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
}

/** What it made the disk write, in whole pages; nothing on a file system in memory. */
export function writtenBytesOf(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}

export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
