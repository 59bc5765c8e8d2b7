/** What one look at one process showed. */
export interface ProcessLook {
  /**
   * `alive`: a process has this pid. `gone`: surely none has, or only a zombie. `unknown`: the look
   * failed, which says nothing. A look is `gone` only where the system itself answered that there
   * is no such process; no other error means that.
   */
  readonly state: "alive" | "gone" | "unknown";
  /**
   * When it started, in whole Unix milliseconds by the present wall clock (it moves when that clock
   * is set); null where the probe cannot tell.
   */
  readonly startedAtMs: number | null;
  /**
   * Differs between any two processes that had this pid since the machine started, and never
   * changes for one; null where the probe cannot tell.
   */
  readonly startKey: number | null;
  /**
   * 100 is one core, over the time since the look before. Null in the first look of a process, and
   * whenever it is not known.
   */
  readonly cpuPct: number | null;
  /** Resident memory, bytes / 1 048 576; null where it is not known, never 0. */
  readonly rssMb: number | null;
}

/** What a probe's looks can tell beside CPU, memory and whether the pid is taken. */
export interface ProbeCapabilities {
  /** `startedAtMs` is set. */
  readonly startTime: boolean;
  /** A zombie is `gone`. Without it a zombie is `unknown` until it is reaped. */
  readonly zombie: boolean;
  /** `startKey` is set. */
  readonly startKey: boolean;
}

/** Why looks are `unknown` at present. */
export interface ProbeProblem {
  /**
   * `process_table_unreadable`: nothing can be told of any process. `processes_hidden`: some exist
   * but are not shown to this user. `probe_failing`: looks fail for another reason.
   */
  readonly code: "process_table_unreadable" | "processes_hidden" | "probe_failing";
  /** What fails and what helps, for people. */
  readonly detail: string;
}

/**
 * Looks at processes. One suite (`test/sampling/probe.test.ts`) holds for every probe:
 * - each pid asked for has a look in the answer, once, whatever else was asked for with it;
 * - the promise does not reject: what goes wrong is an `unknown` look and a `problem`;
 * - a probe never holds the event loop for more than a few milliseconds, and keeps no descriptor
 *   between two calls;
 * - calls may overlap: they are answered one after the other;
 * - memory between calls is that of the pids of the last two calls. Who asks for some of the pids
 *   only, forgets the others: their next CPU is null again.
 */
export interface ProcessProbe {
  readonly capabilities: ProbeCapabilities;
  probe(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessLook>>;
  /** What was wrong in the last call; null where every look said something. */
  readonly problem: ProbeProblem | null;
  /** Forgets everything. Looks that are still to come, in a call under way too, are `unknown`. */
  close(): void;
}

const nothing = { startedAtMs: null, startKey: null, cpuPct: null, rssMb: null } as const;

export const goneLook: ProcessLook = { state: "gone", ...nothing };
export const unknownLook: ProcessLook = { state: "unknown", ...nothing };
