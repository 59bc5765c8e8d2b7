import type { Clock } from "../clock.js";

/** How often `Registry.tick` is to be called. */
export const tickIntervalMs = 1_000;

/**
 * The most that one step counts: twice the distance of two ticks, so that only a monitor that
 * lagged or slept loses time.
 */
export const maxStepMs = 2_000;

/** How long after a lost step nobody is judged: what the kernel kept meanwhile is read first. */
export const catchUpMs = 5_000;

/**
 * The time during which the monitor paid attention. Silence is measured on it, so that a bot is
 * never blamed for a time in which nobody listened.
 *
 * It advances with the monotonic clock, from one question to the next, at most `maxStepMs` at once:
 * while the process was stopped or its event loop was held, nobody asked, and the rest of that time
 * does not exist here. Whoever asks first after such a gap, a tick or a line, finds it. Then
 * `caughtUp` is false for `catchUpMs`: a bot whose time was nearly over when the monitor fell
 * asleep may have beaten since, and that line is still on its way through kernel and queue. A
 * monitor that lags so at every step judges nobody: it does not know better.
 *
 * The wall clock has no part in it.
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
