import { countOf, listOf, numberOf, textOf } from "../link/summary.js";

/** The calls of one model by one feature. */
export interface ModelCalls {
  readonly model: string;
  readonly feature: string;
  readonly calls: number;
  /** Of the calls, those that failed. */
  readonly errors: number;
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  /** What the calls came to that told their cost; null where none did. */
  readonly costUsd: number | null;
  /** How many calls told their cost. */
  readonly pricedCalls: number;
}

export interface ModelUsage {
  readonly rows: readonly ModelCalls[];
  /** Whether there are more rows. */
  readonly isTruncated: boolean;
}

/** An answer of /api/v1/llm-usage by model and feature. */
export function modelUsageFrom(json: Readonly<Record<string, unknown>>): ModelUsage {
  const rows = listOf(json["usage"]).map((row) => {
    const pricedCalls = countOf(row["cost_calls"]);
    return {
      model: textOf(row["model"]) ?? "",
      feature: textOf(row["feature"]) ?? "",
      calls: countOf(row["calls"]),
      errors: countOf(row["errors"]),
      tokensIn: numberOf(row["tokens_in"]),
      tokensOut: numberOf(row["tokens_out"]),
      costUsd: pricedCalls === 0 ? null : numberOf(row["cost_usd"]),
      pricedCalls,
    };
  });
  return { rows, isTruncated: json["truncated"] === true };
}

/** All of these together. */
export function totalOf(rows: readonly ModelCalls[]): Omit<ModelCalls, "model" | "feature"> {
  const sum = (of: (row: ModelCalls) => number | null) => {
    const known = rows.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
  };
  return {
    calls: sum(({ calls }) => calls) ?? 0,
    errors: sum(({ errors }) => errors) ?? 0,
    tokensIn: sum(({ tokensIn }) => tokensIn),
    tokensOut: sum(({ tokensOut }) => tokensOut),
    costUsd: sum(({ costUsd }) => costUsd),
    pricedCalls: sum(({ pricedCalls }) => pricedCalls) ?? 0,
  };
}

/** `$1.25`; `?` where no call told its cost; `at least $1.25` where only some did. */
export function costText({
  costUsd,
  calls,
  pricedCalls,
}: Pick<ModelCalls, "costUsd" | "calls" | "pricedCalls">): string {
  if (costUsd === null || (pricedCalls === 0 && calls > 0)) return "?";
  return pricedCalls < calls ? `at least ${dollarText(costUsd)}` : dollarText(costUsd);
}

/** Two figures behind the point, and of a small amount as many as say something; only 0 is `$0`. */
function dollarText(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.000_1) return "under $0.0001";
  if (usd < 0.01) return `$${usd.toFixed(4)}`;
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
