/** A quota no longer bites once it has shed nothing for this time. */
const calmMs = 10_000;

/** Notices when a quota begins to shed messages, and when it has ended. */
export class QuotaWatch {
  #beganMs: number | null = null;
  #lastMs = 0;
  #messages = 0;

  /** True for the first message of a time in which the quota bites. */
  noteShed(nowMs: number): boolean {
    this.#lastMs = nowMs;
    this.#messages++;
    if (this.#beganMs !== null) return false;
    this.#beganMs = nowMs;
    return true;
  }

  /** What such a time shed, once it is over; else null. Answers it once. */
  takeEnd(nowMs: number): { readonly messages: number; readonly spanMs: number } | null {
    if (this.#beganMs === null || nowMs - this.#lastMs < calmMs) return null;
    const ended = { messages: this.#messages, spanMs: this.#lastMs - this.#beganMs };
    this.#beganMs = null;
    this.#messages = 0;
    return ended;
  }
}
