import { countOf, listOf, numberOf, textOf, timeOf } from "../link/summary.js";

/** What some calls of language models came to. */
export interface UsageSum {
  readonly calls: number;
  /** Of the calls, those that failed. */
  readonly errors: number;
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  /** What the calls came to whose cost is known; null where it is of none. */
  readonly costUsd: number | null;
  /** Of how many calls the cost is known. */
  readonly pricedCalls: number;
  /** Of how many tokens the cost is known; null where that is not told. */
  readonly costTokens: number | null;
  /**
   * What half, 95 % and 99 % of the calls took at most, in milliseconds; null where that is not
   * known.
   */
  readonly latenciesMs: readonly number[] | null;
}

/** The calls of one group. A name that makes no group is "", and the time null. */
export interface UsageRow extends UsageSum {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  /** When its hour or day begins. */
  readonly tsMs: number | null;
}

export interface Usage {
  readonly rows: readonly UsageRow[];
  /** Whether there are more rows. */
  readonly isTruncated: boolean;
}

/** An answer of /api/v1/llm-usage. */
export function usageFrom(json: Readonly<Record<string, unknown>>): Usage {
  const rows = listOf(json["usage"]).map((row) => {
    const pricedCalls = countOf(row["cost_calls"]);
    return {
      channel: textOf(row["channel"]) ?? "",
      model: textOf(row["model"]) ?? "",
      feature: textOf(row["feature"]) ?? "",
      tsMs: timeOf(row["ts"]),
      calls: countOf(row["calls"]),
      errors: countOf(row["errors"]),
      tokensIn: numberOf(row["tokens_in"]),
      tokensOut: numberOf(row["tokens_out"]),
      costUsd: pricedCalls === 0 ? null : numberOf(row["cost_usd"]),
      pricedCalls,
      costTokens: numberOf(row["cost_tokens"]),
      latenciesMs: latenciesOf(row),
    };
  });
  return { rows, isTruncated: json["truncated"] === true };
}

function latenciesOf(row: Readonly<Record<string, unknown>>): readonly number[] | null {
  const found = [50, 95, 99].map((pct) => numberOf(row[`latency_ms_p${pct}`]));
  return found.some((ms) => ms === null) ? null : (found as number[]);
}

/** All of these together; the latencies of several are not known from those of each. */
export function totalOf(rows: readonly UsageSum[]): UsageSum {
  return combined(rows, (values) => values.reduce((total, value) => total + value, 0));
}

/** What is in the total and in none of the rows; null where that is no call. */
export function restOf(total: UsageSum, rows: readonly UsageSum[]): UsageSum | null {
  // Sums of the same costs in another order differ in their last digits.
  const rest = combined([total, totalOf(rows)], ([all = 0, part = 0]) =>
    all - part < 1e-9 ? 0 : all - part,
  );
  if (rest.calls === 0) return null;
  return rest.pricedCalls === 0 ? { ...rest, costUsd: null } : rest;
}

function combined(sums: readonly UsageSum[], combine: (values: readonly number[]) => number): UsageSum {
  const of = (key: Exclude<keyof UsageSum, "latenciesMs">) => {
    const known = sums.map((sum) => sum[key]).filter((value) => value !== null);
    return known.length === 0 ? null : combine(known);
  };
  return {
    calls: of("calls") ?? 0,
    errors: of("errors") ?? 0,
    tokensIn: of("tokensIn"),
    tokensOut: of("tokensOut"),
    costUsd: of("costUsd"),
    pricedCalls: of("pricedCalls") ?? 0,
    // What is not told of one is not known of all.
    costTokens: sums.some(({ costTokens }) => costTokens === null) ? null : of("costTokens"),
    latenciesMs: sums.length === 1 ? (sums[0]?.latenciesMs ?? null) : null,
  };
}
