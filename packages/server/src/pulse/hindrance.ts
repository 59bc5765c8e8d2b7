/** What the parts of the monitor show of themselves, in milliseconds of the monotonic clock. */
export interface Signs {
  /** When the fleet was last judged. */
  readonly tickedMs: number;
  /** When the alerts were last looked through; null where nobody is told of any. */
  readonly deskTurnMs: number | null;
  /** Whether bots find the socket at its path. */
  readonly isListening: boolean;
  /** Since when liveness messages wait and none is taken; null while none waits or some are taken. */
  readonly heldUpSinceMs: number | null;
}

const turnMs = 5_000;
const heldUpMs = 10_000;

/**
 * Why the monitor does not do its work; null while it does. The database is no part of it: the monitor
 * goes on without one.
 */
export function hindranceOf(signs: Signs, nowMs: number): string | null {
  if (nowMs - signs.tickedMs > turnMs) return "the fleet is not judged";
  if (signs.deskTurnMs !== null && nowMs - signs.deskTurnMs > turnMs) return "alerts are not looked at";
  if (!signs.isListening) return "bots do not find the socket";
  if (signs.heldUpSinceMs !== null && nowMs - signs.heldUpSinceMs > heldUpMs) return "messages of bots wait";
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
