/**
 * A clock that moves only by hand. It begins in October 2025, on a machine that has been up for a
 * while.
 */
export class ManualClock {
  /** What passes each time the monotonic clock is read: 0. */
  passesPerReadMs = 0;
  #wallMs = 1_760_000_000_000;
  #monotonicMs = 5_000_000;
  #reads = 0;

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    this.#reads++;
    this.#monotonicMs += this.passesPerReadMs;
    return this.#monotonicMs;
  }

  /** How often the monotonic clock was read. */
  get reads(): number {
    return this.#reads;
  }

  /** Time passes, for both. */
  pass(spanMs: number): void {
    this.#wallMs += spanMs;
    this.#monotonicMs += spanMs;
  }

  /** Somebody sets the clock on the wall. */
  step(byMs: number): void {
    this.#wallMs += byMs;
  }
}
