import { entryOf } from "../nested-map.js";
import { isLike } from "../pattern.js";
import type { NullReason } from "./null-reason.js";
import { type DatedPrice, type Price, placeAt, scaledPrice } from "./price.js";
import { historiesOf, isProviderLike, type PriceEntry, type PriceHistory, startOf } from "./price-entry.js";
import { type PricedProvider, priceTableVersion } from "./price-table.js";
import { isLocal } from "./provider-names.js";
import { type Resolution, Resolver } from "./resolver.js";

/** The price of a call, and whose it is. One object for each price, however many calls have it. */
export interface AppliedPrice {
  /** Who said it: the operator, or the table. */
  readonly source: "config" | "table";
  /**
   * The version of the table; `config`, with the table's behind a comma where its price is used,
   * too.
   */
  readonly version: string;
  readonly provider: string | null;
  /** The table's own name of it, or the operator's pattern. */
  readonly model: string;
  readonly price: Price;
}

/** What calls of a model cost, by their time. */
export interface Finding {
  /** False: the answer is the same at every time. */
  readonly isDated: boolean;
  /** It holds until its hour is over: then the book finds more names. */
  readonly isPassing: boolean;
  /** The price at a time (Unix milliseconds), or why there is none. */
  at(tsMs: number): AppliedPrice | NullReason;
}

/** Names of calls that are looked up in an hour: a look goes through the whole table. */
const mostFindings = 10_000;
const hourMs = 3_600_000;
const mostFeatures = 10_000;
const tooMany: Finding = { ...constant("too_many_models"), isPassing: true };

/** By model, then provider, then which patterns the feature is like. */
type Findings = Map<string, Map<string | null, Map<string, Finding>>>;

/**
 * What calls cost: as the operator says, else by the table. An unknown price has a reason, and is
 * never 0. Nothing throws, whatever a bot calls its model.
 */
export class PriceBook {
  readonly #histories: readonly PriceHistory[];
  readonly #features: readonly string[];
  readonly #resolver: Resolver;
  /** Who is taken where a bot names no provider and the model's name alone does not tell. */
  readonly defaultProvider: string | null;
  /** Of the table. */
  readonly version: string;
  #known: Findings = new Map();
  /** What was known before as many others: kept where it is met again. */
  #older: Findings = new Map();
  readonly #likenesses = new Map<string, string>();
  readonly #ofTable = new Map<Price, Map<string, AppliedPrice>>();
  readonly #ofEntry = new Map<PriceEntry, Map<AppliedPrice | null, AppliedPrice>>();
  #count = 0;
  /** When the first of those that are known was found. */
  #sinceMs = 0;

  constructor(
    providers: readonly PricedProvider[],
    entries: readonly PriceEntry[] = [],
    defaultProvider: string | null = null,
    version: string = priceTableVersion,
  ) {
    this.#resolver = new Resolver(providers);
    this.#histories = historiesOf(entries);
    this.#features = [...new Set(entries.flatMap(({ feature }) => feature ?? []))];
    this.defaultProvider = defaultProvider;
    this.version = version;
  }

  /** Whether what a call costs may depend on its feature. */
  get hasFeatures(): boolean {
    return this.#features.length > 0;
  }

  /**
   * What calls that are reported now cost, by the three names. Of 10 000 names in an hour the
   * finding is remembered; a name beyond them is `too_many_models` until the hour is over. Names
   * that are not met any more are forgotten after as many others.
   */
  find(model: string, provider: string | null, feature: string, nowMs: number = Date.now()): Finding {
    const likeness = this.hasFeatures ? this.#likenessOf(feature) : "";
    const known = this.#known.get(model)?.get(provider)?.get(likeness);
    if (known !== undefined) return known;
    if (this.#count >= mostFindings && Math.abs(nowMs - this.#sinceMs) >= hourMs) this.#beginAnew();
    const older = this.#older.get(model)?.get(provider)?.get(likeness);
    if (this.#count >= mostFindings) return older ?? tooMany;
    const found = older ?? this.#found(model, provider, feature);
    if (this.#count === 0) this.#sinceMs = nowMs;
    entryOf(entryOf(this.#known, model), provider).set(likeness, found);
    this.#count++;
    return found;
  }

  #beginAnew(): void {
    this.#older = this.#known;
    this.#known = new Map();
    this.#count = 0;
  }

  /**
   * The same for calls that are not reported now: it finds any name, and takes none of the places
   * for those that `find` remembers.
   */
  lookUp(model: string, provider: string | null, feature: string): Finding {
    const likeness = this.hasFeatures ? this.#likenessOf(feature) : "";
    const known = this.#known.get(model)?.get(provider)?.get(likeness);
    return known ?? this.#found(model, provider, feature);
  }

  #found(model: string, provider: string | null, feature: string): Finding {
    const histories = this.#histories.filter(([entry]) => isOf(entry, { model, provider, feature }));
    return this.#composed(histories, () => this.#tableFinding(this.#resolved(model, provider)));
  }

  /** What the table says of the model that an entry is like; a reason where it has no price. */
  likeAt(name: string, tsMs: number): AppliedPrice | NullReason {
    return this.#tableFinding(this.#liked(name)).at(tsMs);
  }

  /**
   * Whose price an entry may be like: `provider/model` of each that sells a model of this name by
   * the token.
   */
  sellersOf(model: string): readonly string[] {
    return this.#resolver.sellersOf(model).filter((name) => typeof this.likeAt(name, 0) !== "string");
  }

  /** Whether the table has a provider of this name, or of one that it goes by. */
  knowsProvider(name: string): boolean {
    const found = this.#resolver.lookUp("-", name);
    return !("reason" in found) || found.reason !== "unknown_provider";
  }

  /** Two features that are like the same patterns cost the same. */
  #likenessOf(feature: string): string {
    const known = this.#likenesses.get(feature);
    if (known !== undefined) return known;
    const likeness = this.#features.map((pattern) => (isLike(feature, pattern) ? "1" : "0")).join("");
    if (this.#likenesses.size >= mostFeatures) this.#likenesses.clear();
    this.#likenesses.set(feature, likeness);
    return likeness;
  }

  /** The first history that holds, else the table. */
  #composed([history, ...others]: readonly PriceHistory[], table: () => Finding): Finding {
    if (history === undefined) return table();
    let known: Finding | undefined;
    const rest = () => {
      known ??= this.#composed(others, table);
      return known;
    };
    const parts = history.map((entry, i) => ({
      startMs: startOf(entry),
      finding: this.#entryFinding(entry, () => this.#before(history.slice(i + 1), rest)),
    }));
    const last = history.at(-1);
    if (last === undefined || last.fromMs !== null)
      parts.push({ startMs: Number.NEGATIVE_INFINITY, finding: rest() });
    const [first] = parts;
    if (first !== undefined && parts.length === 1) return first.finding;
    return {
      isDated: true,
      isPassing: false,
      at: (tsMs) => (parts.find(({ startMs }) => tsMs >= startMs)?.finding ?? rest()).at(tsMs),
    };
  }

  /**
   * The price that the older entries of a history say last. A discount among them says none: the
   * later one takes its place.
   */
  #before(older: readonly PriceEntry[], rest: () => Finding): Finding {
    const said = older.find(({ price, like }) => price !== null || like !== null);
    return said === undefined ? rest() : this.#entryFinding(said, rest);
  }

  /** `without`: what holds without this entry. */
  #entryFinding(entry: PriceEntry, without: () => Finding): Finding {
    if (entry.price !== null) return constant(this.#ofOperator(entry, null));
    const base = entry.like === null ? without() : this.#tableFinding(this.#liked(entry.like));
    return mapped(base, (price) => this.#ofOperator(entry, price));
  }

  #ofOperator(entry: PriceEntry, base: AppliedPrice | null): AppliedPrice {
    const prices = entryOf(this.#ofEntry, entry);
    let found = prices.get(base);
    if (found === undefined) {
      const isOfTable = base !== null && base.version !== "config";
      found = {
        source: "config",
        version: isOfTable ? `config, ${this.version}` : "config",
        provider: base?.provider ?? entry.provider,
        model: base?.model ?? entry.model,
        price: scaledPrice(entry.price ?? base?.price ?? {}, 1 - entry.discount),
      };
      prices.set(base, found);
    }
    return found;
  }

  #tableFinding(resolution: Resolution): Finding {
    if ("reason" in resolution) return constant(resolution.reason);
    const { prices } = resolution;
    const answers = prices.map(({ price }) => this.#ofTableAt(resolution, price));
    const at = (tsMs: number) => answers[placeAt(prices, tsMs)] ?? "no_token_price";
    return prices.length === 1 ? constant(at(0)) : { isDated: true, isPassing: false, at };
  }

  #ofTableAt({ provider, model }: Sold, price: Price): AppliedPrice | NullReason {
    if (price.input === undefined && price.output === undefined) return "no_token_price";
    const sellers = entryOf(this.#ofTable, price);
    let found = sellers.get(provider);
    if (found === undefined) {
      found = { source: "table", version: this.version, provider, model, price };
      sellers.set(provider, found);
    }
    return found;
  }

  #resolved(model: string, provider: string | null): Resolution {
    const found = this.#resolver.lookUp(model, provider);
    const seller = this.defaultProvider;
    if (seller === null || !("reason" in found)) return found;
    if (found.reason !== "ambiguous" && found.reason !== "provider_needed") return found;
    const named = this.#resolver.lookUp(model, seller);
    return "reason" in named && !isLocal(seller.toLowerCase()) ? found : named;
  }

  /** `provider/model`, or a model whose name alone tells. */
  #liked(name: string): Resolution {
    const at = name.indexOf("/");
    if (at > 0) {
      const named = this.#resolver.lookUp(name.slice(at + 1), name.slice(0, at));
      if (!("reason" in named)) return named;
    }
    return this.#resolver.lookUp(name, null);
  }
}

interface Sold {
  readonly provider: string;
  readonly model: string;
  readonly prices: readonly DatedPrice[];
}

interface Names {
  readonly model: string;
  readonly provider: string | null;
  readonly feature: string;
}

function isOf(entry: PriceEntry, { model, provider, feature }: Names): boolean {
  return (
    isLike(model.trim().toLowerCase(), entry.model.toLowerCase()) &&
    (entry.provider === null ||
      isProviderLike(provider?.trim().toLowerCase() ?? "", entry.provider.toLowerCase())) &&
    (entry.feature === null || isLike(feature, entry.feature))
  );
}

function constant(answer: AppliedPrice | NullReason): Finding {
  return { isDated: false, isPassing: false, at: () => answer };
}

function mapped({ isDated, at }: Finding, to: (price: AppliedPrice) => AppliedPrice): Finding {
  const toAnswer = (answer: AppliedPrice | NullReason) => (typeof answer === "string" ? answer : to(answer));
  return isDated
    ? { isDated, isPassing: false, at: (tsMs) => toAnswer(at(tsMs)) }
    : constant(toAnswer(at(0)));
}
