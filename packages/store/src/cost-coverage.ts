import type { UsageTotalField } from "./usage-totals.js";

/** How a total describes its cost: who reported it, and how many of the tokens it covers. */
export interface CostCoverage {
  /**
   * The part of `costUsd` that bots reported; the rest was priced. Null if `costUsd` is null, or if
   * unknown.
   */
  readonly costToldUsd: number | null;
  /** Tokens, in and out, of the calls with a known cost; null if unknown. */
  readonly costTokens: number | null;
  /** `costTokens` divided by all tokens, 0 to 1; null without tokens, or if unknown. */
  readonly costCoverage: number | null;
}

/** Sums over a group of calls. Sums that older versions did not count cover only `coveredCalls`. */
export interface CostSums {
  readonly calls: number;
  readonly costCalls: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly toldUsd: number;
  readonly costTokens: number;
  readonly coveredCalls: number;
}

export const costCoverageFields: readonly UsageTotalField[] = [
  {
    name: "cost_told_usd",
    kind: "amount",
    isNullable: true,
    note: "What of cost_usd bots told; the rest was priced by the monitor. Null where cost_usd is.",
  },
  {
    name: "cost_tokens",
    kind: "count",
    isNullable: true,
    note: "Tokens, in and out, of the calls whose cost is known. Null in hours of an older version whose calls are deleted.",
  },
  {
    name: "cost_coverage",
    kind: "amount",
    isNullable: true,
    note: "cost_tokens of all tokens, 0 to 1. Null where there are no tokens, or cost_tokens is null.",
  },
];

/**
 * An older version rolls up hours without telling of how many tokens the cost is known. Where a
 * group has such an hour that cannot be read otherwise, all of it is unknown.
 */
export function costCoverageOf(sums: CostSums): CostCoverage {
  const { calls, costCalls, toldUsd, costTokens, coveredCalls } = sums;
  if (coveredCalls !== calls) return { costToldUsd: null, costTokens: null, costCoverage: null };
  const tokens = sums.tokensIn + sums.tokensOut;
  return {
    costToldUsd: costCalls === 0 ? null : toldUsd,
    costTokens,
    // The two are summed in a different order, so rounding may make one exceed the other.
    costCoverage: tokens === 0 ? null : Math.min(1, costTokens / tokens),
  };
}
