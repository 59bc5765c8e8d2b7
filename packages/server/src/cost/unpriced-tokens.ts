import { entryOf } from "../nested-map.js";
import type { NullReason } from "./null-reason.js";

/** Tokens of calls without a known cost, and why. */
export interface Unpriced {
  readonly model: string;
  /** As bots named it. */
  readonly provider: string | null;
  readonly reason: NullReason;
  readonly tokens: number;
}

interface Count extends Unpriced {
  tokens: number;
}

const other = "other";

/**
 * Counts the tokens that have no price since the monitor's start, by model, provider and reason.
 * Bots choose the names, so the sets of them are bounded: the rest is counted under `other`, by its
 * reason.
 */
export class UnpricedTokens {
  readonly #maxSets: number;
  /** By reason, then model, then provider. */
  readonly #counts = new Map<NullReason, Map<string, Map<string | null, Count>>>();
  readonly #rest = new Map<NullReason, Count>();
  readonly #sets: Count[] = [];

  constructor(maxSets = 2_000) {
    this.#maxSets = maxSets;
  }

  add(model: string, provider: string | null, reason: NullReason, tokens: number): void {
    const known = this.#counts.get(reason)?.get(model)?.get(provider);
    const count = known ?? this.#countFor(model, provider, reason);
    count.tokens += tokens;
  }

  *[Symbol.iterator](): IterableIterator<Unpriced> {
    yield* this.#sets;
    yield* this.#rest.values();
  }

  /**
   * Why most of a model's tokens have no price, and by which provider; undefined of one that was
   * not met.
   */
  of(model: string): Unpriced | undefined {
    let most: Unpriced | undefined;
    for (const models of this.#counts.values()) {
      for (const count of models.get(model)?.values() ?? []) {
        if (most === undefined || count.tokens > most.tokens) most = count;
      }
    }
    return most;
  }

  #countFor(model: string, provider: string | null, reason: NullReason): Count {
    if (this.#sets.length >= this.#maxSets) {
      const rest = this.#rest.get(reason) ?? { model: other, provider: null, reason, tokens: 0 };
      this.#rest.set(reason, rest);
      return rest;
    }
    const count = { model, provider, reason, tokens: 0 };
    entryOf(entryOf(this.#counts, reason), model).set(provider, count);
    this.#sets.push(count);
    return count;
  }
}
