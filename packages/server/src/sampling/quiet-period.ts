/**
 * Says when something that may happen at any rate is to be logged again: at once, then not before
 * the period is over.
 */
export class QuietPeriod {
  readonly #periodMs: number;
  #saidAtMs = Number.NEGATIVE_INFINITY;
  #withheld = 0;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** How often it was withheld since it was last said; null where it is to be withheld now, too. */
  say(nowMs: number): number | null {
    if (nowMs - this.#saidAtMs < this.#periodMs) {
      this.#withheld += 1;
      return null;
    }
    const withheld = this.#withheld;
    this.#saidAtMs = nowMs;
    this.#withheld = 0;
    return withheld;
  }
}
