/**
 * By when each bot must be heard again. Bots are numbered in the order in which they came; one that
 * waits for nothing has the deadline Infinity. Setting one is a store into an array, and looking
 * through 100 000 is one pass over 800 kB, cheaper than any order that every heartbeat would have
 * to keep.
 */
export class Deadlines {
  #atMs = new Float64Array(256).fill(Number.POSITIVE_INFINITY);

  set(number: number, atMs: number): void {
    if (number >= this.#atMs.length) this.#grow(number);
    this.#atMs[number] = atMs;
  }

  clear(number: number): void {
    this.#atMs[number] = Number.POSITIVE_INFINITY;
  }

  /**
   * Tells of every bot whose deadline has come, in the order of their numbers. A deadline stays
   * until it is set or cleared.
   */
  due(nowMs: number, on: (number: number) => void): void {
    const atMs = this.#atMs;
    for (let number = 0; number < atMs.length; number++) {
      if ((atMs[number] as number) <= nowMs) on(number);
    }
  }

  #grow(number: number): void {
    const grown = new Float64Array(Math.max(2 * this.#atMs.length, number + 1));
    grown.fill(Number.POSITIVE_INFINITY);
    grown.set(this.#atMs);
    this.#atMs = grown;
  }
}
