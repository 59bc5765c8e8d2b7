/** How long a topic is silent after its first message, and at most. */
const firstQuietMs = 250;
const longestQuietMs = 3_600_000;

/** A topic that has not been raised for this long starts over. */
const calmMs = 600_000;

/**
 * Decides which changes of one topic (the connection, a stall, losses) the logger hears of. A
 * reason that stays is said once. One that comes and goes is said ever more rarely: after each
 * message the topic is silent for eight times as long as before, from 0.25 s to 1 h. Whoever hears
 * of the trouble also hears of its end, so the last message is true as long as `raise` is called
 * for lasting trouble.
 */
export class Alarm {
  #reason: string;
  #quietMs = firstQuietMs;
  #quietUntilMs = 0;
  #raisedAtMs = 0;

  /** `reason`: what counts as said already. */
  constructor(reason = "") {
    this.#reason = reason;
  }

  /** There is trouble. Returns for how long the next is silent if this is to be said, else 0. */
  raise(reason: string, clock: () => number): number {
    if (this.#reason === reason) return 0;
    const nowMs = clock();
    if (nowMs - this.#raisedAtMs > calmMs) {
      this.#quietMs = firstQuietMs;
      this.#quietUntilMs = 0;
    }
    this.#raisedAtMs = nowMs;
    if (nowMs < this.#quietUntilMs) return 0;
    const quietMs = this.#quietMs;
    this.#reason = reason;
    this.#quietUntilMs = nowMs + quietMs;
    this.#quietMs = Math.min(8 * quietMs, longestQuietMs);
    return quietMs;
  }

  /** The trouble is over. Returns whether that is to be said. */
  clear(): boolean {
    const wasSaid = this.#reason !== "";
    this.#reason = "";
    return wasSaid;
  }
}
