import { type Period, periodOf, textOf } from "./period.js";
import type { Retention } from "./retention.js";
import { dayMs, hourMs, type UsagePlan, widened } from "./usage-totals.js";

export interface SummaryQuery extends Period {
  /** Only this channel; absent: each that has a sample or a call in the period. */
  readonly channel?: string;
}

/** What one channel took and used. What was never measured is null. Sorted by channel. */
export interface ChannelSummary {
  readonly channel: string;
  readonly samples: number;
  readonly rssMbAvg: number | null;
  readonly rssMbMax: number | null;
  readonly cpuPctAvg: number | null;
  readonly cpuPctMax: number | null;
  readonly calls: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly costUsd: number | null;
  readonly latencyMsAvg: number | null;
}

export interface SummaryPlan {
  readonly channel: string | undefined;
  /** Exact, as in the usage totals. */
  readonly usage: Period;
  /**
   * Widened to whole minutes, or to whole hours where minutes may already be deleted: a maximum
   * over rollups is no finer.
   */
  readonly metrics: Period;
}

const minuteMs = 60_000;

export function planSummary(query: SummaryQuery, nowMs: number, retention: Retention): SummaryPlan {
  const period = periodOf(query);
  const { minuteDays, usageDays } = retention;
  const unitMs = minuteDays !== null && period.fromMs < nowMs - minuteDays * dayMs ? hourMs : minuteMs;
  return {
    channel: textOf("channel", query.channel),
    usage: widened(period, nowMs, usageDays),
    metrics: {
      fromMs: Math.floor(period.fromMs / unitMs) * unitMs,
      toMs: Math.ceil(period.toMs / unitMs) * unitMs,
    },
  };
}

/** The summary's usage is the usage totals by channel. */
export function usagePlanOf({ usage, channel }: SummaryPlan): UsagePlan {
  return {
    ...usage,
    keys: ["channel"],
    channel,
    model: undefined,
    feature: undefined,
    offsetMs: 0,
    orderBy: "calls",
    top: Number.MAX_SAFE_INTEGER,
    hasPercentiles: false,
  };
}
