/** What may come at once, in seconds of the rate. */
const burstS = 10;

/**
 * Lets `perSecond` events a second pass, and after a quiet time as many as belong to 10 s at once.
 * Times are of a clock that never goes back.
 */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond * burstS;
    this.#filledMs = nowMs;
  }

  /** Whether one more may pass; if so it is counted. */
  takeToken(nowMs: number): boolean {
    if (nowMs !== this.#filledMs) {
      const gained = ((nowMs - this.#filledMs) / 1_000) * this.#perSecond;
      this.#tokens = Math.min(this.#perSecond * burstS, this.#tokens + gained);
      this.#filledMs = nowMs;
    }
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
