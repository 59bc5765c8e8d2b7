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

type Waiting = ((isOver: () => boolean) => void)[];

/**
 * Shares the event loop among those who have much to encode: lists, scrapes and snapshots of a
 * fleet of ten thousand bots take tens of milliseconds each. Between two turns the loop goes round
 * once, so that sockets, the worker and timers come to their own however many readers there are; a
 * turn each per reader would add up, as all immediates of one round run together.
 *
 * The monitor's own work and the answers to callers wait in a lane each, and the lanes take turns.
 * So a crowd of callers takes half of the turns at most: alerts and the live feed never wait behind
 * it.
 */
export class EventLoopTurns implements Turns {
  /** For answers to callers: lists, scrapes. */
  readonly ofCallers: Turns = { nextTurn: () => this.#turnIn(this.#callers) };
  readonly #own: Waiting = [];
  readonly #callers: Waiting = [];
  /** Whose turn it is where both wait. */
  #isOwnNext = true;

  /** For the monitor's own work. */
  nextTurn(): Promise<() => boolean> {
    return this.#turnIn(this.#own);
  }

  #turnIn(lane: Waiting): Promise<() => boolean> {
    return new Promise((resolve) => {
      lane.push(resolve);
      if (this.#own.length + this.#callers.length === 1) setImmediate(this.#next);
    });
  }

  readonly #next = (): void => {
    const untilMs = performance.now() + turnMs;
    const isOwn = this.#callers.length === 0 || (this.#isOwnNext && this.#own.length > 0);
    this.#isOwnNext = !isOwn;
    const lane = isOwn ? this.#own : this.#callers;
    lane.shift()?.(() => performance.now() >= untilMs);
    if (this.#own.length + this.#callers.length > 0) setImmediate(this.#next);
  };
}
