/** How long one turn may take: well under the 5 ms for which nothing may hold the event loop. */
const turnMs = 2;

/**
 * Shares the event loop among those who have much to encode: lists, scrapes and snapshots of a
 * fleet of ten thousand bots take tens of milliseconds each. Between two turns the loop goes round
 * once, so that sockets, the worker and timers come to their own however many readers there are; a
 * turn each per reader would add up, as all immediates of one round run together.
 */
export class Turns {
  readonly #waiting: ((isOver: () => boolean) => void)[] = [];

  /**
   * Resolves when it is one's turn, in the order of asking, with a question to ask between two
   * pieces of work.
   */
  take(): Promise<() => boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(this.#next);
    });
  }

  readonly #next = (): void => {
    const untilMs = performance.now() + turnMs;
    this.#waiting.shift()?.(() => performance.now() >= untilMs);
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}
