import type { Turns } from "./turns.js";

const runLength = 500;

/**
 * Sorts, merges and filters long lists in turns: a hundred thousand names take a tenth of a second,
 * and nothing may hold the event loop so long. Equal items keep their order.
 */
export class TurnSorter<T> {
  readonly #turns: Turns;
  readonly #compare: (a: T, b: T) => number;

  constructor(turns: Turns, compare: (a: T, b: T) => number) {
    this.#turns = turns;
    this.#compare = compare;
  }

  async sorted(items: readonly T[]): Promise<readonly T[]> {
    let runs: (readonly T[])[] = [];
    for (let i = 0; i < items.length; i += runLength) {
      await this.#turns.nextTurn();
      runs.push(items.slice(i, i + runLength).sort(this.#compare));
    }
    while (runs.length > 1) {
      const merged: (readonly T[])[] = [];
      for (let i = 0; i < runs.length; i += 2)
        merged.push(await this.merged(runs[i] ?? [], runs[i + 1] ?? []));
      runs = merged;
    }
    return runs[0] ?? [];
  }

  /** Of two sorted lists. */
  async merged(a: readonly T[], b: readonly T[]): Promise<readonly T[]> {
    if (a.length === 0) return b;
    if (b.length === 0) return a;
    const merged: T[] = [];
    let isOver = await this.#turns.nextTurn();
    for (let i = 0, j = 0; i < a.length || j < b.length; ) {
      if (j === b.length || (i < a.length && this.#compare(a[i] as T, b[j] as T) <= 0)) {
        merged.push(a[i] as T);
        i++;
      } else {
        merged.push(b[j] as T);
        j++;
      }
      if (merged.length % 100 === 0 && isOver()) isOver = await this.#turns.nextTurn();
    }
    return merged;
  }

  async filtered(items: readonly T[], isWanted: (item: T) => boolean): Promise<readonly T[]> {
    const wanted: T[] = [];
    let isOver = await this.#turns.nextTurn();
    for (const [i, item] of items.entries()) {
      if (isWanted(item)) wanted.push(item);
      if (i % 100 === 99 && isOver()) isOver = await this.#turns.nextTurn();
    }
    return wanted;
  }
}

/** By UTF-16 units, as the store sorts. */
export function byChannel(a: { readonly channel: string }, b: { readonly channel: string }): number {
  return a.channel < b.channel ? -1 : a.channel > b.channel ? 1 : 0;
}
