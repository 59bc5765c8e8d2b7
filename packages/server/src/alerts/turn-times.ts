/** Upper bounds of the buckets, in seconds. */
const turnBounds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05] as const;

/** How long the turns of the desk held the event loop, all pieces of one together. */
export class TurnTimes {
  readonly bounds = turnBounds;
  readonly #buckets: number[] = turnBounds.map(() => 0);
  #count = 0;
  #sumS = 0;

  add(spentMs: number): void {
    const spentS = spentMs / 1_000;
    this.#count++;
    this.#sumS += spentS;
    for (const [at, bound] of turnBounds.entries()) {
      if (spentS <= bound) this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    }
  }

  get count(): number {
    return this.#count;
  }

  get sumS(): number {
    return this.#sumS;
  }

  /** How many turns took at most each bound. */
  get cumulative(): readonly number[] {
    return this.#buckets;
  }
}
