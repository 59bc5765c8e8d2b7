import type { NullReason } from "./null-reason.js";
import type { DatedPrice } from "./price.js";
import type { PricedModel, PricedProvider } from "./price-table.js";
import { isGateway, isHost, isLocal, providerId } from "./provider-names.js";

/** Whose price a model's name stands for, or why for none. */
export type Resolution =
  | { readonly provider: string; readonly model: string; readonly prices: readonly DatedPrice[] }
  | { readonly reason: NullReason };

/** A size, "latest" or a quantisation behind a colon: Ollama's names. */
const localTag =
  /^[^/]+:(?:latest|e?\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)*[bm]?(?:[-_].*)?|.*(?:q\d|fp16|bf16).*)$/;
const bedrockName = /^(?:(?:us|eu|apac|global|us-gov)\.)?[a-z0-9]+\.[a-z].*$/;

/**
 * Finds the price of a model by its name, and by its provider where a bot names one. It never
 * guesses: where two sellers differ, or somebody may run the model, there is a reason instead.
 */
export class Resolver {
  readonly #providers: ReadonlyMap<string, PricedProvider>;

  constructor(providers: readonly PricedProvider[]) {
    this.#providers = new Map(providers.map((provider) => [provider.id, provider]));
  }

  lookUp(model: string, provider: string | null): Resolution {
    const name = model
      .toLowerCase()
      .trim()
      .replace(/^models\//, "");
    const seller = provider?.toLowerCase().trim() ?? "";
    return seller === "" || isGateway(seller) ? this.#byName(name) : this.#bySeller(name, seller);
  }

  /** `provider/model` for each provider that sells a model of this name. */
  sellersOf(model: string): readonly string[] {
    const name = model.toLowerCase().trim();
    const [, rest] = cut(name);
    return [...this.#providers.values()].flatMap((provider) => {
      const found =
        this.#modelCalled(provider, name) ?? (rest === "" ? undefined : this.#modelCalled(provider, rest));
      return found === undefined ? [] : [`${provider.id}/${found.id}`];
    });
  }

  #bySeller(name: string, seller: string): Resolution {
    if (isLocal(seller)) return { reason: "local" };
    const provider = this.#provider(seller);
    if (provider === undefined) return { reason: "unknown_provider" };
    const found = this.#model(provider, name);
    if (found !== undefined) return resolutionOf(provider, found);
    const [prefix, rest] = cut(name);
    const bare = rest !== "" && this.#provider(prefix) === provider ? this.#model(provider, rest) : undefined;
    return bare === undefined ? { reason: "unknown_model" } : resolutionOf(provider, bare);
  }

  #byName(name: string): Resolution {
    const [prefix, rest] = cut(name);
    if (rest !== "") return this.#byPrefix(name, prefix, rest);
    // Before the tags: `anthropic.claude-3-5-sonnet-20241022-v2:0` looks as if it had one.
    const aws = this.#providers.get("aws");
    const onAws = aws !== undefined && bedrockName.test(name) ? this.#model(aws, name) : undefined;
    if (aws !== undefined && onAws !== undefined) return resolutionOf(aws, onAws);
    if (localTag.test(name)) return { reason: "local" };
    for (const provider of this.#providers.values()) {
      if (!provider.makes(name)) continue;
      const found = this.#model(provider, name);
      return found === undefined ? { reason: "unknown_model" } : resolutionOf(provider, found);
    }
    const isSold = [...this.#providers.values()].some(({ models }) =>
      models.some(({ matches }) => matches(name)),
    );
    return { reason: isSold ? "provider_needed" : "unknown_model" };
  }

  #byPrefix(name: string, prefix: string, rest: string): Resolution {
    if (isLocal(prefix)) return { reason: "local" };
    if (isGateway(prefix)) return this.#byName(rest);
    if (isHost(prefix)) return this.#bySeller(rest, prefix);
    const maker = this.#provider(prefix);
    if (maker === undefined) return { reason: "provider_needed" };
    const own = this.#model(maker, rest) ?? this.#model(maker, name);
    const router = this.#providers.get("openrouter");
    const routed = router && this.#model(router, name);
    if (own === undefined) return { reason: routed === undefined ? "unknown_model" : "provider_needed" };
    const isSame = routed === undefined || isAlike(own.prices, routed.prices);
    return isSame ? resolutionOf(maker, own) : { reason: "ambiguous" };
  }

  #provider(name: string): PricedProvider | undefined {
    const exact = this.#providers.get(providerId(name));
    if (exact !== undefined) return exact;
    for (const provider of this.#providers.values()) if (provider.isCalled(name)) return provider;
    return undefined;
  }

  #model(provider: PricedProvider, name: string): PricedModel | undefined {
    const dated = name.replace(/-(20\d\d)([01]\d)([0-3]\d)(?=[-:]|$)/g, "-$1-$2-$3");
    return (
      this.#modelCalled(provider, name) ?? (dated === name ? undefined : this.#modelCalled(provider, dated))
    );
  }

  #modelCalled({ models, fallbacks }: PricedProvider, name: string): PricedModel | undefined {
    const own = models.find(({ matches }) => matches(name));
    if (own !== undefined) return own;
    for (const id of fallbacks) {
      const found = this.#providers.get(id)?.models.find(({ matches }) => matches(name));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function resolutionOf({ id }: PricedProvider, { id: model, prices }: PricedModel): Resolution {
  return { provider: id, model, prices };
}

/** Whether a call costs the same by both. What only one of them prices apart is no difference. */
function isAlike(a: readonly DatedPrice[], b: readonly DatedPrice[]): boolean {
  const [one = {}, other = {}] = [a.at(-1)?.price, b.at(-1)?.price];
  return (["input", "output", "perCall", "cached", "cacheWrite"] as const).every(
    (kind) =>
      JSON.stringify(one[kind]) === JSON.stringify(other[kind]) ||
      (kind.startsWith("cache") && (one[kind] === undefined || other[kind] === undefined)),
  );
}

function cut(name: string): [prefix: string, rest: string] {
  const at = name.indexOf("/");
  return at < 1 ? [name, ""] : [name.slice(0, at), name.slice(at + 1)];
}
