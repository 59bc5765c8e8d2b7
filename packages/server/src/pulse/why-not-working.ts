/** What the parts of the monitor show of themselves, in milliseconds of the monotonic clock. */
export interface Signs {
  /** When the fleet was last judged. */
  readonly tickedMs: number;
  /** When the alerts were last looked through; null where nobody is told of any. */
  readonly deskTurnMs: number | null;
  /** Whether bots find the socket at its path. */
  readonly isListening: boolean;
  /**
   * Since when liveness messages wait and none is taken; null while none waits or some are taken.
   */
  readonly heldUpSinceMs: number | null;
}

const turnMs = 5_000;
const heldUpMs = 10_000;

export interface NotWorking {
  readonly reason: string;
  /**
   * Whether a new process may do better. A lost path is bound again by this one, or by nobody; an
   * end would cut the bots off that are connected.
   */
  readonly isCuredByRestart: boolean;
}

/**
 * Why the monitor does not do its work; null while it does. The database is no part of it: the
 * monitor goes on without one.
 */
export function whyNotWorking(signs: Signs, nowMs: number): NotWorking | null {
  const hung = hangOf(signs, nowMs);
  if (hung !== null) return { reason: hung, isCuredByRestart: true };
  if (signs.isListening) return null;
  return { reason: "bots do not find the socket", isCuredByRestart: false };
}

function hangOf({ tickedMs, deskTurnMs, heldUpSinceMs }: Signs, nowMs: number): string | null {
  if (nowMs - tickedMs > turnMs) return "the fleet is not judged";
  if (deskTurnMs !== null && nowMs - deskTurnMs > turnMs) return "alerts are not looked at";
  if (heldUpSinceMs !== null && nowMs - heldUpSinceMs > heldUpMs) return "messages of bots wait";
  return null;
}

/** Notices since when liveness messages wait and none is taken. */
export class HeldUp {
  #processed = -1;
  #sinceMs: number | null = null;

  /** `waiting` and `processed`: liveness messages, now. */
  look(waiting: number, processed: number, nowMs: number): number | null {
    if (waiting === 0 || processed !== this.#processed) this.#sinceMs = waiting === 0 ? null : nowMs;
    this.#processed = processed;
    return this.#sinceMs;
  }
}
