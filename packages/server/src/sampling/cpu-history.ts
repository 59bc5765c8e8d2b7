/** CPU time of one process as one look found it. */
export interface CpuReading {
  /**
   * When the process started, in whatever unit its probe has: readings with different starts are of
   * different processes.
   */
  readonly start: number;
  /** The CPU time that it has used since then. */
  readonly cpuMs: number;
  /** The moment of the look, on the monotonic clock. */
  readonly atMs: number;
}

interface Entry {
  readonly base: CpuReading;
  readonly cpuPct: number | null;
}

/** Two looks that are closer than this tell nothing: CPU time comes in ticks of 10 ms. */
const leastSpanMs = 250;

/**
 * What CPU each process used between two looks. It remembers the pids of the last two rounds and no
 * others: `beginRound` drops what the round before did not ask for.
 */
export class CpuHistory {
  readonly #startTolerance: number;
  #before = new Map<number, Entry>();
  #now = new Map<number, Entry>();

  /** Starts that differ by more than `startTolerance` are those of two processes. */
  constructor(startTolerance = 0) {
    this.#startTolerance = startTolerance;
  }

  beginRound(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }

  /**
   * The percentage since the look before; null where there was none of this process. Soon after it,
   * the last answer is given again. The span is real time: a monitor that stood still for a while
   * finds what the process used in all of it.
   */
  measure(pid: number, reading: CpuReading): number | null {
    const entry = this.#next(this.#before.get(pid), reading);
    this.#now.set(pid, entry);
    return entry.cpuPct;
  }

  /** The look failed: what was known is kept for the next. */
  keep(pid: number): void {
    const entry = this.#before.get(pid);
    if (entry !== undefined) this.#now.set(pid, entry);
  }

  clear(): void {
    this.#before.clear();
    this.#now.clear();
  }

  #next(before: Entry | undefined, reading: CpuReading): Entry {
    const first = { base: reading, cpuPct: null };
    if (before === undefined) return first;
    if (Math.abs(before.base.start - reading.start) > this.#startTolerance) return first;
    const usedMs = reading.cpuMs - before.base.cpuMs;
    const spanMs = reading.atMs - before.base.atMs;
    // CPU time never shrinks: where the starts do not tell two processes apart, this does.
    if (usedMs < 0) return first;
    if (spanMs < leastSpanMs) return before;
    return { base: reading, cpuPct: Math.round((10_000 * usedMs) / spanMs) / 100 };
  }
}
