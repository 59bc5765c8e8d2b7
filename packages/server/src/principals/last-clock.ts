import type { Clock } from "../clock.js";

/**
 * The time as it was last read. One reading serves all messages of a chunk, whichever principal
 * they concern.
 */
export class LastClock {
  wallMs = 0;
  monotonicMs = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.readClock();
  }

  readClock(): void {
    this.wallMs = this.#clock.wallMs();
    this.monotonicMs = this.#clock.monotonicMs();
  }
}
