/** What a bot can do, as an object and as the text that is stored. */
export interface FeatureSet {
  readonly features: Readonly<Record<string, boolean>>;
  readonly json: string;
}

/**
 * A fleet knows a handful of feature sets; past this many different ones, or so much text, sharing
 * is no use and begins anew.
 */
const maxShared = 1_000;
const maxSharedCharacters = 1_000_000;

/**
 * Makes feature sets, and one for all bots that have the same: 100 000 bots need not keep 100 000
 * equal objects.
 */
export class FeatureSets {
  readonly #shared = new Map<string, FeatureSet>();
  #characters = 0;

  from(features: Readonly<Record<string, boolean>>): FeatureSet {
    const json = JSON.stringify(features);
    return this.#shared.get(json) ?? this.#share({ features, json });
  }

  /**
   * Takes what a store kept, whoever wrote it: what is no object has no features, and what is not a
   * boolean is left out.
   */
  fromJson(json: string): FeatureSet {
    const known = this.#shared.get(json);
    if (known !== undefined) return known;
    const entries = entriesOf(json);
    const features = entries.filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean");
    // fromEntries defines `__proto__` like any other name.
    const kept = Object.fromEntries(features);
    return features.length === entries.length && features.length > 0
      ? this.#share({ features: kept, json })
      : this.from(kept);
  }

  #share(set: FeatureSet): FeatureSet {
    if (this.#shared.size >= maxShared || this.#characters >= maxSharedCharacters) {
      this.#shared.clear();
      this.#characters = 0;
    }
    this.#shared.set(set.json, set);
    this.#characters += set.json.length;
    return set;
  }
}

function entriesOf(json: string): [string, unknown][] {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  } catch {
    return []; // Not JSON: the row of a store is data, and a bot without features is still a bot.
  }
}
