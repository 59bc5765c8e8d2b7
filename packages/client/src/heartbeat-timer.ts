import { clearInterval, outside, setInterval } from "./runtime.js";

/** The longest delay that a Node timer knows; a longer one would fire at once. */
export const longestDelayMs = 2_147_483_647;

/**
 * Beats at a fixed interval, without keeping the process alive.
 *
 * States: *stopped*; *running*. `start` leads from the first to the second and is ignored in it;
 * `stop` leads back, and resolves when the outcome of the last beat is known.
 */
export class HeartbeatTimer {
  readonly #beat: () => Promise<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<unknown> | undefined;
  #intervalMs: number | undefined;

  /** `beat` must neither throw nor reject. */
  constructor(beat: () => Promise<unknown>) {
    this.#beat = beat;
  }

  /** How often it beats; undefined while stopped. */
  get intervalMs(): number | undefined {
    return this.#intervalMs;
  }

  /** Starts the interval; the caller sends the first beat. False if it was already running. */
  start(intervalMs: number): boolean {
    if (this.#intervalMs !== undefined) return false;
    this.#intervalMs = intervalMs;
    // The timer and the last promise live on, so neither is made in a request of the bot.
    this.#timer = outside(() => setInterval(() => this.beat(), intervalMs));
    this.#timer?.unref?.();
    return true;
  }

  /** An extra beat, if it is running. */
  beat(): void {
    if (this.#intervalMs !== undefined) this.#last = outside(this.#beat);
  }

  /** The next beat comes a whole interval from now. */
  postpone(): void {
    this.#timer?.refresh?.();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#intervalMs = undefined;
    await this.#last;
  }
}
