import { labelsOf } from "./exposition.js";

/** What those are counted under that have no place. */
export const other = "other";

/**
 * Which label sets have a line of their own. The first ones have, for as long as there is a count
 * for them, so that no counter goes back; those that come when all places are taken are counted
 * together. The number of time series is therefore bounded, whatever names bots make up.
 */
export class LabelPlaces {
  readonly #taken = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * These labels as text, which takes a place; undefined where all are taken, and for names that
   * are `other` all over.
   */
  placeOf(labels: Readonly<Record<string, string>>): string | undefined {
    const text = labelsOf(labels);
    if (this.#taken.has(text)) return text;
    const values = Object.values(labels);
    if (this.#taken.size >= this.#max || values.every((value) => value === other)) return undefined;
    this.#taken.add(text);
    return text;
  }

  /**
   * Where all places are taken: frees those of label sets that have no count any more. To be called
   * before places are asked for.
   */
  async release(
    counted: Iterable<Readonly<Record<string, string>>>,
    turns: { take(): Promise<() => boolean> },
  ): Promise<void> {
    if (this.#taken.size < this.#max) return;
    const present = new Set<string>();
    let isOver = await turns.take();
    for (const labels of counted) {
      if (isOver()) isOver = await turns.take();
      present.add(labelsOf(labels));
    }
    for (const text of this.#taken) if (!present.has(text)) this.#taken.delete(text);
  }
}
