import { readdirSync, readFileSync } from "node:fs";

/** CPU time in nanoseconds since the process began. */
export interface CpuTime {
  readonly main: number;
  /** All threads: the store's, the collector's, the pool's. */
  readonly all: number;
}

/**
 * Reads the CPU time of a process from Linux's /proc, to the nanosecond. A thread that ended counts
 * with the time that it had at the last reading.
 */
export class CpuMeter {
  readonly #pid: number;
  readonly #threads = new Map<string, number>();

  constructor(pid: number) {
    this.#pid = pid;
  }

  read(): CpuTime {
    const folder = `/proc/${this.#pid}/task`;
    for (const thread of readdirSync(folder)) {
      try {
        const text = readFileSync(`${folder}/${thread}/schedstat`, "utf8");
        this.#threads.set(thread, Number(text.split(" ")[0]));
      } catch {
        // It has just ended.
      }
    }
    let all = 0;
    for (const ns of this.#threads.values()) all += ns;
    return { main: this.#threads.get(String(this.#pid)) ?? 0, all };
  }
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
