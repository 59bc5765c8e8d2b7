import type { Turns } from "../src/turns.js";

/**
 * Turns that end after so many questions whether they are over, and that know how much was done in
 * each.
 */
export class CountingTurns implements Turns {
  readonly #length: number;
  /** How many turns were taken. */
  taken = 0;
  /** The most that was done in one. */
  most = 0;
  #done = 0;

  constructor(length: number) {
    this.#length = length;
  }

  async nextTurn(): Promise<() => boolean> {
    await new Promise(setImmediate);
    this.taken++;
    this.#done = 0;
    let left = this.#length;
    return () => left-- <= 0;
  }

  /** To be called for each piece of work. */
  work(): void {
    this.#done++;
    this.most = Math.max(this.most, this.#done);
  }
}
