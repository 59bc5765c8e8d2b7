import { type CostCoverage, costCoverageFields } from "./cost-coverage.js";
import { StoreError } from "./error.js";
import { type LatencyPercentiles, latencyPercentileFields } from "./latency-percentiles.js";
import type { LlmUsageFields } from "./llm-usage.js";
import { byText } from "./metric-series.js";
import { integerOf, type Period, periodOf, textOf } from "./period.js";
import { type SnakeCase, snakeCase } from "./record.js";
import { textFromMs } from "./timestamp.js";
import { type UsageSumsOf, usageMeasures } from "./usage-measure.js";

export const usageKeys = ["channel", "model", "feature", "hour", "day"] as const;
export type UsageKey = (typeof usageKeys)[number];

export const usageOrders = ["calls", "tokens", "costUsd", "time"] as const;
export type UsageOrder = (typeof usageOrders)[number];

export interface UsageQuery extends Period {
  /**
   * What makes a group; absent or empty is one total of everything. At most one of `hour` and
   * `day`; hours are UTC's.
   */
  readonly groupBy?: readonly UsageKey[];
  /**
   * How many minutes local time is ahead of UTC: the days of `groupBy` begin at its midnight. From
   * -840 to 840 in steps of 15, only beside `day`; 0 if absent. If it is not a whole hour, the
   * period may have at most 4,000 days, and none whose rows may be deleted.
   */
  readonly offsetMinutes?: number;
  readonly channel?: string;
  readonly model?: string;
  readonly feature?: string;
  /**
   * The largest first (`time`: the oldest first). Absent: `time` where the groups have one, else
   * `tokens`.
   */
  readonly orderBy?: UsageOrder;
  /** At most this many groups, after ordering. */
  readonly top?: number;
  /**
   * False: the percentiles of the latency are null, and of 0 calls, which saves a sixth of the
   * time. Absent: true.
   */
  readonly percentiles?: boolean;
}

/**
 * One group. A key that was not asked for is null. A sum over nothing known is null, and the counts
 * say over how many calls it is.
 */
export interface UsageTotal extends UsageSumsOf<LlmUsageFields>, CostCoverage, LatencyPercentiles {
  readonly channel: string | null;
  readonly model: string | null;
  readonly feature: string | null;
  /** Start of the hour or the day. */
  readonly tsMs: number | null;
  readonly calls: number;
  /** `errors` divided by `calls`, 0 to 1; null without calls. */
  readonly errorRate: number | null;
}

/** Totals in their order. It can be gone through more than once. */
export interface UsageList extends Iterable<UsageTotal> {
  readonly length: number;
}

/** A total as JSON shows it: names in snake_case, the time as a timestamp of the database. */
export type UsageTotalJson = {
  readonly [Name in Exclude<keyof UsageTotal, "tsMs"> as SnakeCase<Name>]: UsageTotal[Name];
} & { readonly ts: string | null };

/** One value of a total in `UsageTotalJson`, beside its keys. */
export interface UsageTotalField {
  readonly name: string;
  /** `count`: a whole number. */
  readonly kind: "count" | "amount";
  /** Null if it is unknown for every call. */
  readonly isNullable: boolean;
  /** What a reader could take for something else. */
  readonly note: string | null;
}

/** The values of a total, in their order. */
export const usageTotalFields: readonly UsageTotalField[] = [
  { name: "calls", kind: "count", isNullable: false, note: null },
  ...usageMeasures.flatMap(({ name, field, calls, isAverage, isCount }): UsageTotalField[] => {
    const kind = isCount || (field.kind === "count" && !isAverage) ? "count" : "amount";
    const isNullable = calls !== null;
    const note = field.total?.note ?? (isNullable ? "Null where no call told it." : null);
    const value = { name: snakeCase(name), kind, isNullable, note } as const;
    if (calls === null) return [value];
    const known = { name: snakeCase(calls.name), kind: "count", isNullable: false } as const;
    return [value, { ...known, note: "Of how many calls it is known." }];
  }),
  ...costCoverageFields,
  { name: "error_rate", kind: "amount", isNullable: true, note: "errors of calls, 0 to 1. Null of no call." },
  ...latencyPercentileFields,
];

export function usageTotalJson({ channel, model, feature, tsMs, ...sums }: UsageTotal): UsageTotalJson {
  const json: Record<string, unknown> = { channel, model, feature };
  json["ts"] = tsMs === null ? null : textFromMs(tsMs);
  for (const [name, value] of Object.entries(sums)) json[snakeCase(name)] = value;
  return json as unknown as UsageTotalJson;
}

export interface UsagePlan extends Period {
  readonly keys: readonly UsageKey[];
  /** Local time less UTC, by which days begin. */
  readonly offsetMs: number;
  readonly channel: string | undefined;
  readonly model: string | undefined;
  readonly feature: string | undefined;
  readonly orderBy: UsageOrder;
  readonly top: number;
  readonly hasPercentiles: boolean;
}

const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** Each of its days is a seek in the index of each channel. */
const maxPartHourDays = 4_000;

/**
 * Checks a question. Where single rows of the period may already be deleted, widens it to whole
 * hours, which the rollups still know; otherwise a part of an hour would be missing silently.
 */
export function planUsage(query: UsageQuery, nowMs: number, usageDays: number | null): UsagePlan {
  const asked = periodOf(query);
  const { fromMs, toMs } = widened(asked, nowMs, usageDays);
  const keys = [...new Set(query.groupBy ?? [])];
  const unknown = keys.find((key) => !usageKeys.includes(key));
  if (unknown !== undefined) {
    throw new StoreError("invalid_query", `groupBy: ${unknown} is none of ${usageKeys.join(", ")}`);
  }
  const timed = keys.includes("hour") || keys.includes("day");
  if (keys.includes("hour") && keys.includes("day")) {
    throw new StoreError("invalid_query", "groupBy: hour or day, not both");
  }
  const orderBy = query.orderBy ?? (timed ? "time" : "tokens");
  if (!usageOrders.includes(orderBy) || (orderBy === "time" && !timed)) {
    throw new StoreError(
      "invalid_query",
      `orderBy: expected ${usageOrders.join(", ")}, and time only of hours or days`,
    );
  }
  const offsetMs = offsetOf(query.offsetMinutes, keys);
  if (offsetMs % hourMs !== 0) assertRowsOf(asked, nowMs, usageDays);
  return {
    fromMs,
    toMs,
    keys,
    offsetMs,
    channel: textOf("channel", query.channel),
    model: textOf("model", query.model),
    feature: textOf("feature", query.feature),
    orderBy,
    top: integerOf("top", query.top, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    hasPercentiles: query.percentiles !== false,
  };
}

function offsetOf(minutes: number | undefined, keys: readonly UsageKey[]): number {
  if (minutes === undefined) return 0;
  if (!Number.isInteger(minutes) || Math.abs(minutes) > 840 || minutes % 15 !== 0) {
    throw new StoreError("invalid_query", "offsetMinutes: expected -840 to 840, in steps of 15");
  }
  if (!keys.includes("day")) {
    throw new StoreError("invalid_query", "offsetMinutes: expected only where groupBy has day");
  }
  return minutes * minuteMs;
}

/** The hour in which such a day begins is no part of one day, so its rows are read one by one. */
function assertRowsOf({ fromMs, toMs }: Period, nowMs: number, usageDays: number | null): void {
  if (usageDays !== null && fromMs < nowMs - usageDays * dayMs) {
    throw new StoreError(
      "invalid_query",
      `days that begin within an hour are summed from single calls, which are kept for ${usageDays} days only`,
    );
  }
  if (toMs - fromMs > maxPartHourDays * dayMs) {
    throw new StoreError(
      "invalid_query",
      `of days that begin within an hour, a period has at most ${maxPartHourDays}`,
    );
  }
}

/** The beginning of a time's day, where local time is `offsetMs` ahead of UTC. */
export function dayOf(tsMs: number, offsetMs: number): number {
  return Math.floor((tsMs + offsetMs) / dayMs) * dayMs - offsetMs;
}

export function widened(period: Period, nowMs: number, usageDays: number | null): Period {
  if (usageDays === null || period.fromMs >= nowMs - usageDays * dayMs) return period;
  return {
    fromMs: Math.floor(period.fromMs / hourMs) * hourMs,
    toMs: Math.ceil(period.toMs / hourMs) * hourMs,
  };
}

export function errorRateOf(errors: number, calls: number): number | null {
  return calls === 0 ? null : errors / calls;
}

/**
 * Orders groups and cuts them; equal ones follow the order of their keys, so that an answer is
 * always the same.
 */
export function rankTotals(totals: UsageTotal[], { orderBy, top }: UsagePlan): UsageTotal[] {
  const weight: Record<UsageOrder, (total: UsageTotal) => number> = {
    calls: (total) => total.calls,
    tokens: (total) => total.tokensIn + total.tokensOut,
    costUsd: (total) => total.costUsd ?? -1,
    time: (total) => -(total.tsMs ?? 0),
  };
  const of = weight[orderBy];
  return totals.sort((a, b) => of(b) - of(a) || byKeys(a, b)).slice(0, top);
}

function byKeys(a: UsageTotal, b: UsageTotal): number {
  return (
    (a.tsMs ?? 0) - (b.tsMs ?? 0) ||
    byText(a.channel ?? "", b.channel ?? "") ||
    byText(a.model ?? "", b.model ?? "") ||
    byText(a.feature ?? "", b.feature ?? "")
  );
}
