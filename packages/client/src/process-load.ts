import { monotonicMs } from "./clock.js";

export interface Load {
  /** Resident memory in bytes / 1 048 576. */
  readonly rssMb?: number | undefined;
  /**
   * CPU time per elapsed time since the measurement before; 100 is one core. Absent until there was
   * one.
   */
  readonly cpuPct?: number | undefined;
}

/** Taken when the package is loaded: a bot's tests may replace them. */
const rss = process.memoryUsage?.rss;
const cpuUsage = process.cpuUsage;

/**
 * A measurement is good for this long: asking the kernel takes longer than everything else in a
 * heartbeat.
 */
const validMs = 1_000;

let shared: ProcessLoad | undefined;

/**
 * The one of this process: it is the same for all of its bots, and a hundred that beat at once need
 * not ask a hundred times.
 */
export function processLoad(): ProcessLoad {
  shared ??= new ProcessLoad();
  return shared;
}

/**
 * What this very process uses, as it sees it itself. Unknown is absent, never 0: a process without
 * a free descriptor, or without /proc, cannot read its memory. Nothing here throws.
 */
export class ProcessLoad {
  #measuredAtMs = monotonicMs();
  #cpuMs = cpuMs();
  #load: Load | undefined;

  measure(): Load {
    const nowMs = monotonicMs();
    const elapsedMs = nowMs - this.#measuredAtMs;
    if (this.#load !== undefined && elapsedMs < validMs) return this.#load;
    const rssMb = amount(() => (rss() || Number.NaN) / 1_048_576);
    if (elapsedMs < validMs) {
      this.#load = { rssMb, cpuPct: undefined };
      return this.#load;
    }
    const beforeMs = this.#cpuMs;
    this.#cpuMs = cpuMs();
    this.#measuredAtMs = nowMs;
    this.#load = { rssMb, cpuPct: amount(() => (100 * (this.#cpuMs - beforeMs)) / elapsedMs) };
    return this.#load;
  }
}

/** CPU time of this process so far; NaN if it cannot be read. */
function cpuMs(): number {
  try {
    const { user, system } = cpuUsage.call(process);
    return (user + system) / 1_000;
  } catch {
    return Number.NaN;
  }
}

/** Rounded to two digits; undefined if it cannot be measured. */
function amount(measure: () => number): number | undefined {
  try {
    const value = measure();
    return value >= 0 && value < Number.POSITIVE_INFINITY ? Math.round(100 * value) / 100 : undefined;
  } catch {
    return undefined;
  }
}
