import type { Clock } from "../clock.js";

/** The monotonic time as it was last read: one reading serves all messages of a chunk. */
export class LastClock {
  monotonicMs = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.readClock();
  }

  readClock(): void {
    this.monotonicMs = this.#clock.monotonicMs();
  }
}
