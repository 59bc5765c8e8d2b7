import type { MeasuredProbeResult } from "../registry/probe-result.js";

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
  probe(pids: readonly number[]): Promise<ReadonlyMap<number, MeasuredProbeResult>>;
  /** What was wrong in the last call; null where every look said something. */
  readonly problem: ProbeProblem | null;
  /** Forgets everything. Looks that are still to come, in a call under way too, are `unknown`. */
  close(): void;
}
