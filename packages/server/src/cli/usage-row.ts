import type { UsageTotal } from "@kissbot/store";
import { timestampFromMs } from "./quantity-text.js";

/** What a group of LLM calls used, as the API shows it. A key that was not asked for is null; so is a sum of nothing known. */
export interface UsageRow {
  readonly channel: string | null;
  readonly model: string | null;
  readonly feature: string | null;
  /** Start of the hour or the day. */
  readonly ts: string | null;
  readonly calls: number;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly tokens_cached: number | null;
  /** Over how many calls `tokens_cached` is known; likewise the others. */
  readonly cached_calls: number;
  readonly cost_usd: number | null;
  readonly cost_calls: number;
  readonly latency_ms_avg: number | null;
  readonly latency_calls: number;
}

export function rowFromTotal(total: UsageTotal): UsageRow {
  return {
    channel: total.channel,
    model: total.model,
    feature: total.feature,
    ts: timestampFromMs(total.tsMs),
    calls: total.calls,
    tokens_in: total.tokensIn,
    tokens_out: total.tokensOut,
    tokens_cached: total.tokensCached,
    cached_calls: total.cachedCalls,
    cost_usd: total.costUsd,
    cost_calls: total.costCalls,
    latency_ms_avg: total.latencyMsAvg,
    latency_calls: total.latencyCalls,
  };
}
