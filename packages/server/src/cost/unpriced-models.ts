import type { Store, UsageKey, UsageQuery, UsageTotal } from "@kissbot/store";
import { type NullReason, nullReasons } from "./null-reason.js";
import type { PriceBook } from "./price-book.js";
import { settlingLine } from "./settling-line.js";
import type { Unpriced, UnpricedTokens } from "./unpriced-tokens.js";

/** Why a model's calls have no price; null where it has one by now. */
export interface WhyUnpriced {
  /** As bots named it; null where they name none. */
  readonly provider: string | null;
  readonly reason: NullReason | null;
  /** The reason for people. */
  readonly why: string | null;
  /** The line of the section `prices:` that settles it. */
  readonly settle: string | null;
}

/** A model of a period, and how many tokens of it have no known cost. */
export interface UnpricedModel extends WhyUnpriced {
  readonly model: string;
  readonly tokens: number;
}

type ModelTotal = Pick<UsageTotal, "model" | "tokensIn" | "tokensOut" | "costTokens">;

/** Those with the most tokens are looked through for what has no price. */
const mostModels = 1_000;
/** Up to this many groups are checked in one turn of the event loop. */
const mostGroups = 100;

/** What a question about usage was answered with. */
interface UsageFound {
  readonly groupBy: readonly UsageKey[];
  readonly totals: Iterable<UsageTotal> & { readonly length: number };
  /** Whether there are no more groups than these. */
  readonly isWhole: boolean;
}

/**
 * The totals by model of a period, in which models without a price are found: those that were found
 * already, where they are by model; none, where these say that the cost of every token is known;
 * else they are asked for, which costs as much as the question itself.
 */
export async function totalsByModel(
  store: Pick<Store, "usageList">,
  period: UsageQuery,
  { groupBy, totals, isWhole }: UsageFound,
): Promise<Iterable<UsageTotal>> {
  if (isWhole && groupBy.length === 1 && groupBy[0] === "model") return totals;
  if (isWhole && totals.length <= mostGroups && isAllPriced(totals)) return [];
  return await store.usageList({ ...period, groupBy: ["model"], top: mostModels, percentiles: false });
}

function isAllPriced(totals: Iterable<UsageTotal>): boolean {
  for (const { tokensIn, tokensOut, costTokens } of totals)
    if (costTokens === null || tokensIn + tokensOut > costTokens) return false;
  return true;
}

/** Finds in the totals of a period by model those with tokens whose cost is unknown. */
export class UnpricedModels {
  readonly #found: { model: string; tokens: number }[] = [];

  add({ model, tokensIn, tokensOut, costTokens }: ModelTotal): void {
    // Of hours of an older version it may be unknown how many they are.
    if (model === null || costTokens === null) return;
    const tokens = tokensIn + tokensOut - costTokens;
    if (tokens > 0) this.#found.push({ model, tokens });
  }

  /** The most tokens first. */
  list(why: (model: string) => WhyUnpriced, most = 20): UnpricedModel[] {
    return this.#found
      .sort((a, b) => b.tokens - a.tokens)
      .slice(0, most)
      .map(({ model, tokens }) => ({ model, ...why(model), tokens }));
  }
}

/** The same of totals that are few enough to be gone through at once. */
export function unpricedModels(
  totals: Iterable<ModelTotal>,
  why: (model: string) => WhyUnpriced,
  most?: number,
): UnpricedModel[] {
  const models = new UnpricedModels();
  for (const total of totals) models.add(total);
  return models.list(why, most);
}

/**
 * What was met since the monitor's start tells which provider bots name; the prices as they are now
 * tell why there is none, as others may hold since the calls came in.
 */
export function whyUnpriced(
  met: UnpricedTokens | null,
  book: PriceBook | null,
  nowMs: number,
): (model: string) => WhyUnpriced {
  return (model) => {
    const known = met?.of(model);
    const provider = known?.provider ?? null;
    const reason = reasonOf(model, known, book, nowMs);
    if (reason === null) return { provider, reason, why: null, settle: null };
    const sellers = book?.sellersOf(model);
    const settle = sellers === undefined ? null : settlingLine({ model, provider, reason, sellers });
    return { provider, reason, why: nullReasons[reason], settle };
  };
}

function reasonOf(
  model: string,
  known: Unpriced | undefined,
  book: PriceBook | null,
  nowMs: number,
): NullReason | null {
  const answer = book?.lookUp(model, known?.provider ?? null, "").at(nowMs) ?? known?.reason;
  if (answer === undefined || typeof answer === "string") return answer ?? null;
  // A price may lack a rate for the tokens that were met.
  const { input, output } = answer.price;
  const hasAll = input !== undefined && output !== undefined;
  return known?.reason === "no_token_price" && !hasAll ? known.reason : null;
}
