/** One timer for several waits: it fires when the shortest of them is over. */
export class EarliestTimer {
  readonly #onOver: () => void;
  #timer: NodeJS.Timeout | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Fires in so many milliseconds, unless it does sooner anyway. */
  arm(ms: number): void {
    const atMs = performance.now() + ms;
    if (atMs >= this.#atMs) return;
    this.clear();
    this.#atMs = atMs;
    this.#timer = setTimeout(() => {
      this.clear();
      this.#onOver();
    }, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
