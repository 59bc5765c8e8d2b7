import type { UsageSum } from "./llm-usage.js";

/** Below this share of tokens with a known cost, the sum is only the least that was spent. */
const sureShare = 0.8;

/**
 * `$1.25`; `?` where the cost of no call is known; `at least $1.25` where that of too few tokens
 * is.
 */
export function costText(sum: UsageSum): string {
  const { costUsd, calls, pricedCalls } = sum;
  if (costUsd === null || (pricedCalls === 0 && calls > 0)) return "?";
  const [part, whole] = coverageOf(sum);
  // Only what is known to be free is $0.
  const isSure = costUsd === 0 ? pricedCalls >= calls : part >= sureShare * whole;
  return isSure ? dollarText(costUsd) : `at least ${dollarText(costUsd)}`;
}

/**
 * Of how much the cost is known, and of how much it is not: tokens, or calls where that is not told
 * or there are none.
 */
function coverageOf({ calls, pricedCalls, tokensIn, tokensOut, costTokens }: UsageSum) {
  const tokens = (tokensIn ?? 0) + (tokensOut ?? 0);
  return costTokens === null || tokens === 0
    ? ([pricedCalls, calls, "calls"] as const)
    : ([costTokens, tokens, "tokens"] as const);
}

/** The same for a narrow column; nothing where there is no call. */
export function shortCostText(sum: UsageSum | undefined): string {
  return sum === undefined ? "" : costText(sum).replace("at least ", "≥ ");
}

/** Two figures behind the point, and of a small amount as many as say something; only 0 is `$0`. */
export function dollarText(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.000_1) return "under $0.0001";
  if (usd < 0.01) return `$${usd.toFixed(4)}`;
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/**
 * How sure a cost is: `93 % of tokens`, those whose cost is known; nothing where there is no call.
 */
export function coverageText(sum: UsageSum): string {
  const [part, whole, unit] = coverageOf(sum);
  return whole === 0 ? "" : `${shareText(part, whole)} of ${unit}`;
}

/** That a cost is not whole, as `cost of 93 % of tokens known`; null where it is. */
export function unpricedText(sum: UsageSum): string | null {
  return sum.pricedCalls < sum.calls ? `cost of ${coverageText(sum)} known` : null;
}

/** `12 %` of the whole; never 0 % for something, never 100 % for less than all. Null is unknown. */
export function shareText(part: number | null, whole: number | null): string | null {
  if (part === null || whole === null || whole <= 0) return null;
  const pct = (100 * part) / whole;
  if (pct > 0 && pct < 1) return "< 1 %";
  if (pct > 99 && pct < 100) return "> 99 %";
  return `${Math.round(pct)} %`;
}
