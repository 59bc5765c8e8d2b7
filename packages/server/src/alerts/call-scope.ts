import { isLikeAny } from "../pattern.js";

/** Patterns of the calls that a rule is about; null: all. */
export interface CallPatterns {
  readonly bots: readonly string[] | null;
  readonly models: readonly string[] | null;
  readonly features: readonly string[] | null;
}

const maxRemembered = 10_000;

/** Whether a rule applies to a call. */
export class CallScope {
  readonly #bots: RememberedPatterns;
  readonly #models: RememberedPatterns;
  readonly #features: RememberedPatterns;

  constructor({ bots, models, features }: CallPatterns) {
    this.#bots = new RememberedPatterns(bots);
    this.#models = new RememberedPatterns(models);
    this.#features = new RememberedPatterns(features);
  }

  has(channel: string, model: string, feature: string): boolean {
    return this.#bots.isLike(channel) && this.#models.isLike(model) && this.#features.isLike(feature);
  }
}

/** Answers are remembered, as patterns cost more than a look-up. */
class RememberedPatterns {
  readonly #patterns: readonly string[] | null;
  readonly #known = new Map<string, boolean>();

  constructor(patterns: readonly string[] | null) {
    this.#patterns = patterns;
  }

  isLike(text: string): boolean {
    if (this.#patterns === null) return true;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const answer = isLikeAny(text, this.#patterns);
    if (this.#known.size >= maxRemembered) this.#known.clear();
    this.#known.set(text, answer);
    return answer;
  }
}
