/**
 * A clock of another one and ours drift apart; so an old measurement is worth less than a new one.
 */
const worsensPerMs = 0.0005;
/** No drift explains this: one of the clocks was set, or the machine slept. */
const jumpMs = 2_000;

/**
 * The monitor's clock, as far as this page can know it: its own steady clock and the distance to
 * the monitor's. The measurement with the least round trip wins. The time of day that the browser's
 * machine shows does not matter.
 */
export class MonitorClock {
  readonly #steadyMs: () => number;
  #offsetMs: number | null = null;
  #errorMs = Number.POSITIVE_INFINITY;
  #measuredAtMs = 0;

  /** `steadyMs`: milliseconds that never step, such as `performance.now()`. */
  constructor(steadyMs: () => number) {
    this.#steadyMs = steadyMs;
  }

  /** Whether the monitor told its time already. */
  get isSet(): boolean {
    return this.#offsetMs !== null;
  }

  /** Unix milliseconds of the monitor; 0 as long as they are not known. */
  nowMs(): number {
    return this.#offsetMs === null ? 0 : this.#steadyMs() + this.#offsetMs;
  }

  /**
   * The monitor said that it was `nowMs` within the last `roundTripMs`. Without a question there is
   * no round trip, and only a jump of one of the clocks shows.
   */
  measure(nowMs: number, roundTripMs: number | null): void {
    if (!Number.isFinite(nowMs)) return;
    const steadyMs = this.#steadyMs();
    const offsetMs = nowMs + (roundTripMs ?? 0) / 2 - steadyMs;
    const errorMs = roundTripMs === null ? jumpMs : roundTripMs / 2;
    const isJump =
      this.#offsetMs !== null && Math.abs(offsetMs - this.#offsetMs) > jumpMs + Math.min(errorMs, jumpMs);
    const knownMs = this.#errorMs + (steadyMs - this.#measuredAtMs) * worsensPerMs;
    if (this.#offsetMs !== null && !isJump && errorMs > knownMs) return;
    this.#offsetMs = offsetMs;
    this.#errorMs = errorMs;
    this.#measuredAtMs = steadyMs;
  }
}
