/** What one look at a pid showed. */
export interface ProbeResult {
  /**
   * `alive`: a process has this pid. `gone`: surely none has, or only a zombie. `unknown`: the look
   * failed, which says nothing. A result is `gone` only where the system itself answered that there
   * is no such process; no other error means that.
   */
  readonly state: "alive" | "gone" | "unknown";
  /**
   * When the process started, in whole Unix milliseconds by the present wall clock (it moves when
   * that clock is set, and may have stepped since the bot told its own); null where the platform
   * does not tell.
   */
  readonly startedAtMs: number | null;
  /**
   * Differs between any two processes that had this pid since the machine started, and never
   * changes for one, whatever clocks do (Linux: the start in ticks since boot); null where the
   * platform does not tell.
   */
  readonly startKey: number | null;
}

/** The same, with the CPU and memory of the process. */
export interface MeasuredProbeResult extends ProbeResult {
  /**
   * 100 is one core, over the time since the look before. Null in the first look at a process, and
   * whenever it is not known.
   */
  readonly cpuPct: number | null;
  /** Resident memory, bytes / 1 048 576; null where it is not known, never 0. */
  readonly rssMb: number | null;
}

/**
 * The same, for the process of one bot. The sampler offers it to the queue, and the worker passes
 * it to the registry.
 */
export interface BotProbeResult extends MeasuredProbeResult {
  readonly channel: string;
  readonly pid: number;
  /** When the look was, Unix milliseconds. */
  readonly atMs: number;
  /** It was made because the connection of the process had ended. */
  readonly afterEnd?: true;
  /** It is of the process that claims the channel beside the current one. */
  readonly ofRival?: true;
}

const nothing = { startedAtMs: null, startKey: null, cpuPct: null, rssMb: null } as const;

export const goneResult: MeasuredProbeResult = { state: "gone", ...nothing };
/** Also for a process that was not looked at. */
export const unknownResult: MeasuredProbeResult = { state: "unknown", ...nothing };
