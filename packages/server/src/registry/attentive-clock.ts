import type { Clock } from "../clock.js";

/** How often `Registry.tick` is to be called. */
export const tickIntervalMs = 1_000;

/**
 * The most that one step counts: twice the time between two ticks. So time is lost only if the
 * monitor lagged or slept.
 */
export const maxStepMs = 2_000;

/** How long no bot is judged after a gap: the lines that the kernel kept are read first. */
export const catchUpMs = 5_000;

/**
 * Measures the time during which the monitor was listening. Silence is measured on it, so that no
 * bot is blamed for a time in which the monitor slept.
 *
 * It advances with the monotonic clock from one call of `nowMs` to the next, by `maxStepMs` at
 * most. While the process is stopped or its event loop is blocked there are no calls, so the rest
 * of that gap does not count. After a gap `caughtUp` is false for `catchUpMs`: a bot may have
 * beaten during the gap, and its line may still be on the way through kernel and queue. A monitor
 * that lags at every step judges no bot.
 *
 * It never reads the wall clock.
 */
export class AttentiveClock {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #askedAtMs: number;
  #nowMs = 0;
  #caughtUpAtMs = 0;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
    this.#askedAtMs = clock.monotonicMs();
  }

  nowMs(): number {
    const askedAtMs = this.#clock.monotonicMs();
    const stepMs = askedAtMs - this.#askedAtMs;
    this.#askedAtMs = askedAtMs;
    if (stepMs > maxStepMs) {
      this.#nowMs += maxStepMs;
      this.#caughtUpAtMs = this.#nowMs + catchUpMs;
    } else if (stepMs > 0) {
      this.#nowMs += stepMs;
    }
    return this.#nowMs;
  }

  /** Whether what was sent while the monitor was away counts as read, as of the last `nowMs`. */
  get caughtUp(): boolean {
    return this.#nowMs >= this.#caughtUpAtMs;
  }
}
