import type { UsageTotal } from "@kissbot/store";
import type { NullReason } from "./null-reason.js";
import type { PriceBook } from "./price-book.js";
import type { UnpricedTokens } from "./unpriced-tokens.js";

/** Why a model's calls have no price; null where it has one by now. */
export interface WhyUnpriced {
  /** As bots named it; null where they name none. */
  readonly provider: string | null;
  readonly reason: NullReason | null;
}

/** A model of a period, and how many tokens of it have no known cost. */
export interface UnpricedModel extends WhyUnpriced {
  readonly model: string;
  readonly tokens: number;
}

/**
 * The totals of a period by model: those with tokens whose cost is unknown, the most tokens first.
 */
export function unpricedModels(
  totals: Iterable<Pick<UsageTotal, "model" | "tokensIn" | "tokensOut" | "costTokens">>,
  why: (model: string) => WhyUnpriced,
  most = 20,
): UnpricedModel[] {
  const found: { model: string; tokens: number }[] = [];
  for (const { model, tokensIn, tokensOut, costTokens } of totals) {
    // Of hours of an older version it may be unknown how many they are.
    if (model === null || costTokens === null) continue;
    const tokens = tokensIn + tokensOut - costTokens;
    if (tokens > 0) found.push({ model, tokens });
  }
  return found
    .sort((a, b) => b.tokens - a.tokens)
    .slice(0, most)
    .map(({ model, tokens }) => ({ model, ...why(model), tokens }));
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
    const answer = book?.find(model, provider, "").at(nowMs) ?? known?.reason;
    if (answer === undefined || typeof answer === "string") return { provider, reason: answer ?? null };
    // A price may lack a rate for the tokens that were met.
    const { input, output } = answer.price;
    const hasAll = input !== undefined && output !== undefined;
    return { provider, reason: known?.reason === "no_token_price" && !hasAll ? known.reason : null };
  };
}
