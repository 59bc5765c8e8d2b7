import { performance } from "node:perf_hooks";

export interface Load {
  /** Resident memory in bytes / 1 048 576. */
  readonly rssMb?: number;
  /** CPU time per elapsed time since the measurement before; 100 is one core. Absent until there was one. */
  readonly cpuPct?: number;
}

/** A measurement is good for this long: asking the kernel takes longer than everything else in a heartbeat. */
const validMs = 1_000;

let shared: ProcessLoad | undefined;

/** The one of this process: it is the same for all of its bots, and a hundred that beat at once need not ask a hundred times. */
export function processLoad(): ProcessLoad {
  shared ??= new ProcessLoad();
  return shared;
}

/** What this very process uses, as it sees it itself. Unknown is absent, never 0. */
export class ProcessLoad {
  #measuredAtMs = performance.now();
  #cpu = process.cpuUsage();
  #load: Load | undefined;

  measure(): Load {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#measuredAtMs;
    if (this.#load !== undefined && elapsedMs < validMs) return this.#load;
    const rssMb = twoDigits(process.memoryUsage.rss() / 1_048_576);
    if (elapsedMs < validMs) {
      this.#load = { rssMb };
      return this.#load;
    }
    const cpu = process.cpuUsage();
    const usedMs = (cpu.user - this.#cpu.user + cpu.system - this.#cpu.system) / 1_000;
    this.#cpu = cpu;
    this.#measuredAtMs = nowMs;
    this.#load = { rssMb, cpuPct: twoDigits((100 * usedMs) / elapsedMs) };
    return this.#load;
  }
}

function twoDigits(value: number): number {
  return Math.round(100 * value) / 100;
}

/** When this process began, in Unix milliseconds, a whole number: with the pid it tells one process from every other. */
export function processStartedAt(): number {
  return Math.round(Date.now() - 1_000 * process.uptime());
}
