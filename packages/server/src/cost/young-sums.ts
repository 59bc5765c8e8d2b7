import { type CallSums, Spend } from "./spend.js";

/** What calls of one stretch of time came to, by key, while it is not known what came before. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** Replaced by what the database says, which holds the calls that were reported meanwhile. */
  sums: Map<string, Spend>;
  /** How many calls were reported in it since the meter's start. */
  reported: number;
  /** It is in the budget's own sums. */
  isDone: boolean;
}

/**
 * The sums of a budget until it is known what was spent before the meter's start. They are kept
 * apart by stretches of time: each of them has one answer of the database.
 */
export class YoungSums {
  readonly stretches: readonly Stretch[];
  readonly #maxKeys: number;

  /** `cuts`: rising; what lies before the first or after the last is not counted. */
  constructor(cuts: readonly number[], maxKeys: number) {
    this.#maxKeys = maxKeys;
    this.stretches = cuts.slice(1).map((toMs, i) => ({
      fromMs: cuts[i] as number,
      toMs,
      sums: new Map<string, Spend>(),
      reported: 0,
      isDone: false,
    }));
  }

  /** The stretch of this moment; undefined where it is not counted. */
  at(tsMs: number): Stretch | undefined {
    return this.stretches.find(({ fromMs, toMs }) => tsMs >= fromMs && tsMs < toMs);
  }

  /** A key for which there is no room is left out, as it would be later. */
  addTo({ sums }: Stretch, key: string, more: CallSums): void {
    const known = sums.get(key);
    if (known !== undefined) known.add(more);
    else if (sums.size < this.#maxKeys) {
      const spend = new Spend();
      spend.add(more);
      sums.set(key, spend);
    }
  }
}
