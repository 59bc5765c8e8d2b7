import { readdirSync, readFileSync } from "node:fs";

/** CPU time in nanoseconds since the process began. */
export interface CpuTime {
  readonly main: number;
  /** All threads: the store's, the collector's, the pool's. */
  readonly all: number;
}

/** From Linux's /proc, to the nanosecond. */
export function cpuTimeOf(pid: number): CpuTime {
  let main = 0;
  let all = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const ns = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    all += ns;
    if (Number(thread) === pid) main = ns;
  }
  return { main, all };
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
