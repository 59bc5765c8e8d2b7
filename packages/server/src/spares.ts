/** So often something is taken before what nobody needed meanwhile is let go. */
const takesPerTrim = 600;

/**
 * Things that are costly to make and can be used again. As many are kept as were lately needed at
 * one time: what one slow moment needed is not kept for ever.
 */
export class Spares<T> {
  readonly #max: number;
  readonly #spare: T[] = [];
  #takes = 0;
  /** The fewest that were left since the last trim: so many were never needed. */
  #fewest = 0;

  /** Keeps at most `max` of them. */
  constructor(max: number) {
    this.#max = max;
  }

  /** One that is kept; undefined where there is none. */
  take(): T | undefined {
    if (++this.#takes >= takesPerTrim) this.#trim();
    const one = this.#spare.pop();
    this.#fewest = Math.min(this.#fewest, this.#spare.length);
    return one;
  }

  /** Keeps it, or lets it go where there are enough. */
  giveBack(one: T): void {
    if (this.#spare.length < this.#max) this.#spare.push(one);
  }

  #trim(): void {
    this.#spare.splice(0, this.#fewest);
    this.#takes = 0;
    this.#fewest = this.#spare.length;
  }
}
