import { type MatchLogic, type Provider, REMOTE_DATA_JSON_URL, waitForUpdate } from "@pydantic/genai-prices";
import { type DatedPrice, datedPrices } from "./price.js";

/*
 * The one file that knows the package of prices. It is read once, before the socket listens;
 * nothing is fetched.
 */

/** The version of the package, which is pinned exactly. */
export const priceTableVersion = "genai-prices 0.1.8";

/** When that version was published. A file of prices that is older is left out. */
export const priceTableDateMs = Date.parse("2026-09-23T10:11:04Z");

/** Where the newest table is. Only `prices update` asks there. */
export const priceTableUrl = REMOTE_DATA_JSON_URL;

export interface PricedModel {
  readonly id: string;
  readonly matches: (name: string) => boolean;
  /** The last that holds at a time is the price; the first, where none does. */
  readonly prices: readonly DatedPrice[];
}

export interface PricedProvider {
  readonly id: string;
  readonly models: readonly PricedModel[];
  /** Providers that sell under this one's name, too. */
  readonly fallbacks: readonly string[];
  /** Whether a provider's name, as a bot says it, means this one. */
  readonly isCalled: (name: string) => boolean;
  /** Whether a model's name alone says that this one makes it. */
  readonly makes: (model: string) => boolean;
}

/** Reads the table that comes with the package. Rejects where it is broken. */
export async function loadPriceTable(): Promise<readonly PricedProvider[]> {
  return pricedProviders((await waitForUpdate()) ?? []);
}

/** A provider as the table has it; only what is read of it. */
export type GivenProvider = Pick<
  Provider,
  "id" | "fallback_model_providers" | "provider_match" | "model_match"
> & {
  readonly models: readonly {
    readonly id: string;
    readonly match: MatchLogic;
    readonly prices: Parameters<typeof datedPrices>[0];
  }[];
};

/** Throws where a pattern is none. */
export function pricedProviders(providers: readonly GivenProvider[]): readonly PricedProvider[] {
  return providers.map((provider) => ({
    id: provider.id,
    fallbacks: provider.fallback_model_providers ?? [],
    isCalled: matcherOf(provider.provider_match),
    makes: matcherOf(provider.model_match),
    models: provider.models.map(({ id, match, prices }) => ({
      id,
      matches: matcherOf(match),
      prices: datedPrices(prices),
    })),
  }));
}

/** Names come in lower case. */
function matcherOf(logic: MatchLogic | undefined): (name: string) => boolean {
  if (logic === undefined) return () => false;
  if ("or" in logic) {
    const parts = logic.or.map(matcherOf);
    return (name) => parts.some((matches) => matches(name));
  }
  if ("and" in logic) {
    const parts = logic.and.map(matcherOf);
    return (name) => parts.every((matches) => matches(name));
  }
  if ("regex" in logic) {
    const pattern = new RegExp(logic.regex);
    return (name) => pattern.test(name);
  }
  if ("equals" in logic) {
    const text = logic.equals.toLowerCase();
    return (name) => name === text;
  }
  if ("starts_with" in logic) {
    const text = logic.starts_with.toLowerCase();
    return (name) => name.startsWith(text);
  }
  if ("ends_with" in logic) {
    const text = logic.ends_with.toLowerCase();
    return (name) => name.endsWith(text);
  }
  const text = logic.contains.toLowerCase();
  return (name) => name.includes(text);
}
