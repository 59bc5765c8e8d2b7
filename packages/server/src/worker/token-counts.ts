import type { DrainedUsage, UsageListener } from "./usage-listener.js";

/** How many tokens one (channel, model, feature) used since the monitor's start. */
export interface TokenCount {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  tokensIn: number;
  tokensOut: number;
}

const other = "other";

/**
 * The tokens for the metrics. All three names are chosen by bots, so the sets of them are bounded: what comes after the first
 * `maxSets` is counted under `other`, and is told apart in the database only.
 */
export class TokenCounts implements UsageListener {
  readonly listenerName = "token counts";
  readonly #maxSets: number;
  // A map in a map in a map: three look-ups cost a third of joining the names to one key.
  readonly #counts = new Map<string, Map<string, Map<string, TokenCount>>>();
  readonly #sets: TokenCount[] = [];
  #rest: TokenCount | undefined;

  constructor(maxSets = 2_000) {
    this.#maxSets = maxSets;
  }

  usageReceived({ rows: { columns }, from, to }: DrainedUsage): void {
    for (let row = from; row < to; row++) {
      const channel = columns.channel.at(row) as string;
      const model = columns.model.at(row) as string;
      const feature = columns.feature.at(row) as string;
      this.add(channel, model, feature, columns.tokensIn.numberAt(row), columns.tokensOut.numberAt(row));
    }
  }

  add(channel: string, model: string, feature: string, tokensIn: number, tokensOut: number): void {
    const count =
      this.#counts.get(channel)?.get(model)?.get(feature) ?? this.#countFor(channel, model, feature);
    count.tokensIn += tokensIn;
    count.tokensOut += tokensOut;
  }

  *[Symbol.iterator](): IterableIterator<TokenCount> {
    yield* this.#sets;
    if (this.#rest !== undefined) yield this.#rest;
  }

  #countFor(channel: string, model: string, feature: string): TokenCount {
    if (this.#sets.length >= this.#maxSets) {
      this.#rest ??= { channel: other, model: other, feature: other, tokensIn: 0, tokensOut: 0 };
      return this.#rest;
    }
    const count = { channel, model, feature, tokensIn: 0, tokensOut: 0 };
    const models = entryOf(this.#counts, channel);
    entryOf(models, model).set(feature, count);
    this.#sets.push(count);
    return count;
  }
}

function entryOf<Value>(maps: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  let map = maps.get(name);
  if (map === undefined) {
    map = new Map();
    maps.set(name, map);
  }
  return map;
}
