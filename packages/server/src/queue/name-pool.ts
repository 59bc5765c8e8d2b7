/**
 * One instance for each name that keeps coming. A parsed line brings its strings anew; those of rows that wait would each have to be
 * moved by the collector and hashed by every map behind the queue, though a fleet uses a few hundred of them. What bots make up
 * without end only empties the pool.
 */
export class NamePool {
  readonly #maxNames: number;
  readonly #names = new Map<string, string>();

  constructor(maxNames = 4_096) {
    this.#maxNames = maxNames;
  }

  get size(): number {
    return this.#names.size;
  }

  /** An equal string. */
  take(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size >= this.#maxNames) this.#names.clear();
    this.#names.set(name, name);
    return name;
  }
}
