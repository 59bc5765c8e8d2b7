/** After this many takes, spares that nobody needed since the last trim are let go. */
const takesPerTrim = 600;

/**
 * Things that are costly to make and can be used again. It keeps as many as were lately needed at
 * one time, so a single slow moment does not fill it for ever.
 */
export class Spares<T> {
  readonly #max: number;
  readonly #spare: T[] = [];
  #takes = 0;
  /** The fewest spares left since the last trim: that number was never needed. */
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
