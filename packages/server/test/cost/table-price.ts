import type { NullReason } from "../../src/cost/null-reason.js";
import { type Price, priceAt } from "../../src/cost/price.js";
import type { Resolution } from "../../src/cost/resolver.js";

/** The price of a resolved model at a time, or why there is none. */
export function priceOf(resolution: Resolution, ms: number): Price | NullReason {
  if ("reason" in resolution) return resolution.reason;
  const price = priceAt(resolution.prices, ms);
  return price.input === undefined && price.output === undefined ? "no_token_price" : price;
}
