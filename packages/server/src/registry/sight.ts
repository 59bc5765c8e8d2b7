/** Who has a bot's pid, as one look showed it. */
export interface Sight {
  /** `unknown`: the look itself failed, which says nothing. */
  readonly state: "alive" | "gone" | "unknown";
  /**
   * Unix milliseconds by the present clock, which may have stepped since the bot told its own; null
   * where the platform does not tell.
   */
  readonly startedAtMs: number | null;
  /**
   * Untouched by clock steps: equal pids with equal keys are one process. Null where there is none.
   */
  readonly startKey: number | null;
}

/** Of a process that nobody looked at. */
export const unknownSight: Sight = { state: "unknown", startedAtMs: null, startKey: null };
