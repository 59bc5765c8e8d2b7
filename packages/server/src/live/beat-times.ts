/**
 * Decides when the next beat is due. Call `look` every `lookMs`: a call that comes late does not
 * delay the beats after it.
 */
export class BeatTimes {
  readonly #intervalMs: number;
  readonly #lookMs: number;
  #dueMs = 0;

  constructor(intervalMs: number, lookMs: number) {
    this.#intervalMs = intervalMs;
    this.#lookMs = lookMs;
  }

  /** Whether a beat is due at this look. */
  look(nowMs: number): boolean {
    if (nowMs < this.#dueMs - this.#lookMs / 2) return false;
    const isLate = nowMs >= this.#dueMs + this.#lookMs;
    this.#dueMs = (isLate ? nowMs : this.#dueMs) + this.#intervalMs;
    return true;
  }
}
