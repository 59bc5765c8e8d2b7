import { entryOf } from "../nested-map.js";
import type { DrainedUsage, UsageListener } from "./usage-listener.js";

/** Upper bounds of the buckets, in seconds. */
const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] as const;

/** How long the calls of a model and feature took since the monitor's start. */
export interface LatencyCount {
  readonly model: string;
  readonly feature: string;
  /** How many took at most each bound. */
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sumS: number;
}

interface Counted extends LatencyCount {
  readonly cumulative: number[];
  count: number;
  sumS: number;
}

const other = "other";

/**
 * Latencies of LLM calls for the metrics, by model and feature. Bots choose both names, so only the
 * first `maxSets` pairs have counts of their own; the others share `other`. There is no count by
 * channel, as it would take a dozen lines for each bot.
 */
export class LatencyCounts implements UsageListener {
  readonly listenerName = "latency counts";
  readonly bounds: readonly number[] = bounds;
  readonly #maxSets: number;
  readonly #models = new Map<string, Map<string, Counted>>();
  readonly #sets: Counted[] = [];
  #rest: Counted | undefined;

  constructor(maxSets = 200) {
    this.#maxSets = maxSets;
  }

  usageReceived({ rows, from, to }: DrainedUsage): void {
    const { model, feature, latencyMs } = rows.columns;
    for (let row = from; row < to; row++) {
      const seconds = latencyMs.numberAt(row) / 1_000;
      if (Number.isNaN(seconds)) continue;
      const one = this.#setOf(model.at(row) as string, feature.at(row) as string);
      one.count++;
      one.sumS += seconds;
      for (let at = bounds.length - 1; at >= 0 && seconds <= (bounds[at] as number); at--) {
        one.cumulative[at] = (one.cumulative[at] as number) + 1;
      }
    }
  }

  *[Symbol.iterator](): IterableIterator<LatencyCount> {
    yield* this.#sets;
    if (this.#rest !== undefined) yield this.#rest;
  }

  #setOf(model: string, feature: string): Counted {
    const known = this.#models.get(model)?.get(feature);
    if (known !== undefined) return known;
    if (this.#sets.length >= this.#maxSets || (model === other && feature === other)) {
      this.#rest ??= zeros(other, other);
      return this.#rest;
    }
    const one = zeros(model, feature);
    entryOf(this.#models, model).set(feature, one);
    this.#sets.push(one);
    return one;
  }
}

function zeros(model: string, feature: string): Counted {
  return { model, feature, cumulative: bounds.map(() => 0), count: 0, sumS: 0 };
}
