export interface TryLimitOptions {
  /** How long the answer to a failed try takes: 500. */
  readonly delayMs?: number;
  /** How many of them may wait at a time: 16. */
  readonly maxWaiting?: number;
}

/**
 * Slows down the guessing of a token: a failed try is answered late, and while many wait others are
 * turned away. So 32 guesses a second are heard at most, whoever makes them. A try that succeeds is
 * never held up by others that fail.
 */
export class TryLimit {
  readonly #delayMs: number;
  readonly #maxWaiting: number;
  #waiting = 0;

  constructor({ delayMs = 500, maxWaiting = 16 }: TryLimitOptions = {}) {
    this.#delayMs = delayMs;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Resolves to true when a failed try may be answered; to false at once where it is turned away.
   */
  async failed(): Promise<boolean> {
    if (this.#waiting >= this.#maxWaiting) return false;
    this.#waiting++;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, this.#delayMs).unref();
    });
    this.#waiting--;
    return true;
  }
}
