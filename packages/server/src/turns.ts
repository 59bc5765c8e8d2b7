/** How long one turn may take: well under the 5 ms for which nothing may hold the event loop. */
const turnMs = 2;

/** Who hands out turns on the event loop. */
export interface Turns {
  /**
   * Resolves first come, first served, with `isOver()`: call it between two pieces of work, and ask
   * for the next turn when it returns true.
   */
  nextTurn(): Promise<() => boolean>;
}

/**
 * Shares the event loop among those who have much to encode: lists, scrapes and snapshots of a
 * fleet of ten thousand bots take tens of milliseconds each. Between two turns the loop goes round
 * once, so that sockets, the worker and timers come to their own however many readers there are; a
 * turn each per reader would add up, as all immediates of one round run together.
 */
export class EventLoopTurns implements Turns {
  readonly #waiting: ((isOver: () => boolean) => void)[] = [];

  nextTurn(): Promise<() => boolean> {
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
