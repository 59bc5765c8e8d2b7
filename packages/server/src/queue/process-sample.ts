/**
 * What one look at one bot's process showed. The sampler offers it; the worker passes it to the
 * registry.
 */
export interface ProcessSample {
  readonly channel: string;
  readonly pid: number;
  /** When it was taken, Unix milliseconds. */
  readonly atMs: number;
  /**
   * `alive`: a process has this pid. `gone`: none has, or only a zombie. `unknown`: the look itself
   * failed, which says nothing.
   */
  readonly state: "alive" | "gone" | "unknown";
  /**
   * When that process started, Unix milliseconds by the present clock; null where the platform does
   * not tell.
   */
  readonly startedAtMs: number | null;
  /**
   * What tells this process from any other with the same pid since the machine started, untouched
   * by clock steps (Linux: the start in ticks since boot); null where there is none.
   */
  readonly startKey: number | null;
  /** 100 is one core; null in the first sample of a process, and whenever it is not known. */
  readonly cpuPct: number | null;
  /** Bytes / 1 048 576; null where it is not known. */
  readonly rssMb: number | null;
  /** It was taken because the connection of the process had ended. */
  readonly afterEnd?: true;
  /** It is of the process that claims the channel beside the current one. */
  readonly ofRival?: true;
}
