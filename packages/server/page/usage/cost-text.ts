import { amountOf, countText } from "../frame/quantity-text.js";
import type { UsageSum } from "./llm-usage.js";

/** `$1.25`; `?` where the cost of no call is known; `at least $1.25` where that of some is. */
export function costText(sum: Pick<UsageSum, "costUsd" | "calls" | "pricedCalls">): string {
  const { costUsd, calls, pricedCalls } = sum;
  if (costUsd === null || (pricedCalls === 0 && calls > 0)) return "?";
  return pricedCalls < calls ? `at least ${dollarText(costUsd)}` : dollarText(costUsd);
}

/** The same for a narrow column; nothing where there is no call. */
export function shortCostText(sum: UsageSum | undefined): string {
  return sum === undefined ? "" : costText(sum).replace("at least ", "≥ ");
}

/** Two figures behind the point, and of a small amount as many as say something; only 0 is `$0`. */
function dollarText(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.000_1) return "under $0.0001";
  if (usd < 0.01) return `$${usd.toFixed(4)}`;
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** How sure a cost is: `8 of 10`, the calls whose cost is known. */
export function coverageText({ calls, pricedCalls }: UsageSum): string {
  return `${countText(pricedCalls)} of ${countText(calls)}`;
}

/** Why a cost is not whole; null where it is. */
export function unpricedText({ calls, pricedCalls }: UsageSum): string | null {
  const unpriced = calls - pricedCalls;
  return unpriced <= 0 ? null : `Nobody told the cost of ${amountOf(unpriced, "call")}.`;
}

/** `12 %` of the whole; never 0 % for something, never 100 % for less than all. Null is unknown. */
export function shareText(part: number | null, whole: number | null): string | null {
  if (part === null || whole === null || whole <= 0) return null;
  const pct = (100 * part) / whole;
  if (pct > 0 && pct < 1) return "< 1 %";
  if (pct > 99 && pct < 100) return "> 99 %";
  return `${Math.round(pct)} %`;
}
