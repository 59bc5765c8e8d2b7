import type { Clock } from "../clock.js";

/**
 * Keeps a long loop from holding the event loop: after each step ask `spent`, and when it is, await
 * `rest`. A slice is over after 2 ms, or after `maxSteps` steps whatever the clock says.
 */
export class TimeSlice {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #maxSteps: number;
  readonly #budgetMs: number;
  #steps = 0;
  #startedMs: number;

  constructor(clock: Pick<Clock, "monotonicMs">, { maxSteps = 250, budgetMs = 2 } = {}) {
    this.#clock = clock;
    this.#maxSteps = maxSteps;
    this.#budgetMs = budgetMs;
    this.#startedMs = clock.monotonicMs();
  }

  /** Counts a step; true when the slice is over. */
  spent(): boolean {
    this.#steps += 1;
    return this.#steps >= this.#maxSteps || this.#clock.monotonicMs() - this.#startedMs >= this.#budgetMs;
  }

  /** Lets the event loop do everything that waits for it, and begins the next slice. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.begin();
  }

  /** Begins a slice: after any other await, too. */
  begin(): void {
    this.#steps = 0;
    this.#startedMs = this.#clock.monotonicMs();
  }
}
