/** What the calls of one model came to. */
export interface CallSums {
  readonly model: string;
  readonly calls: number;
  /** Calls past the limit, and calls past where it is fine again. */
  readonly past: number;
  readonly near: number;
}

const minuteMs = 60_000;
/** How many models are counted one by one; the calls of others are counted together. */
const maxModels = 100;
const width = 3;

/** The calls of the last minutes by model, in counters of a minute each: a call costs O(1). */
export class CallWindow {
  readonly #minutes: number;
  readonly #models = new Map<string, Uint32Array>();
  /** The newest minute that has counters. */
  #newest = Number.NEGATIVE_INFINITY;

  constructor(minutes: number) {
    this.#minutes = minutes;
  }

  /** `ageMs`: how long ago the call was; one that is too old, or NaN, is not counted. */
  add(model: string, clockMs: number, ageMs: number, isPast: boolean, isNear: boolean): void {
    this.#moveTo(clockMs);
    const minute = Math.floor((clockMs - Math.max(0, ageMs)) / minuteMs);
    if (!(minute > this.#newest - this.#minutes)) return;
    const counters = this.#countersOf(model);
    const at = this.#placeOf(minute);
    counters[at] = (counters[at] as number) + 1;
    if (isPast) counters[at + 1] = (counters[at + 1] as number) + 1;
    if (isNear) counters[at + 2] = (counters[at + 2] as number) + 1;
  }

  /** Each model that was called. */
  sums(clockMs: number): readonly CallSums[] {
    this.#moveTo(clockMs);
    const found: CallSums[] = [];
    for (const [model, counters] of this.#models) {
      const [calls, past, near] = [0, 1, 2].map((what) => {
        let sum = 0;
        for (let at = what; at < counters.length; at += width) sum += counters[at] as number;
        return sum;
      }) as [number, number, number];
      if (calls === 0) this.#models.delete(model);
      else found.push({ model, calls, past, near });
    }
    return found;
  }

  /** Empties the counters of the minutes that are over. */
  #moveTo(clockMs: number): void {
    const minute = Math.floor(clockMs / minuteMs);
    if (minute <= this.#newest) return;
    const first = Math.max(this.#newest + 1, minute - this.#minutes + 1);
    for (const counters of this.#models.values()) {
      for (let one = first; one <= minute; one++) {
        const at = this.#placeOf(one);
        counters.fill(0, at, at + width);
      }
    }
    this.#newest = minute;
  }

  /** A minute of before the clock began is a negative one. */
  #placeOf(minute: number): number {
    return (((minute % this.#minutes) + this.#minutes) % this.#minutes) * width;
  }

  #countersOf(model: string): Uint32Array {
    const known = this.#models.get(model);
    if (known !== undefined) return known;
    const name = this.#models.size < maxModels ? model : "other";
    let counters = this.#models.get(name);
    if (counters === undefined) {
      counters = new Uint32Array(this.#minutes * width);
      this.#models.set(name, counters);
    }
    return counters;
  }
}
