import { labelsOf } from "./exposition.js";

/** What those are counted under that have no place. */
export const other = "other";

/**
 * Which label sets have a line of their own. The first ones have, for as long as there is a count for them, so that no counter
 * goes back; those that come when all places are taken are counted together. The number of time series is therefore bounded,
 * whatever names bots make up.
 */
export class LabelPlaces {
  readonly #taken = new Set<string>();
  #asked = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** These labels as text, which takes a place; undefined where all are taken, and for names that are `other` all over. */
  placeOf(labels: Readonly<Record<string, string>>): string | undefined {
    const text = labelsOf(labels);
    this.#asked.add(text);
    if (this.#taken.has(text)) return text;
    const values = Object.values(labels);
    if (this.#taken.size >= this.#max || values.every((value) => value === other)) return undefined;
    this.#taken.add(text);
    return text;
  }

  /** To be called when all were asked for: those that were not have no count any more, and their places are free. */
  endRound(): void {
    for (const text of this.#taken) if (!this.#asked.has(text)) this.#taken.delete(text);
    this.#asked = new Set();
  }
}
