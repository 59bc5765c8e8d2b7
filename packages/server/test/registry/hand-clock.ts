import type { Clock } from "../../src/clock.js";

/** A clock that moves only by hand. A Tuesday in 2025, and a machine that has been up for a while. */
export class HandClock implements Clock {
  #wallMs = 1_760_000_000_000;
  #monotonicMs = 5_000_000;

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
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
