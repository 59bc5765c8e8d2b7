import type { LlmUsage } from "@kissbot/protocol";
import { LlmUsageTable, type UsageReader, usageErrors } from "@kissbot/store";
import { believableMs } from "./believable-time.js";

const knownErrors: ReadonlySet<string> = new Set(usageErrors);

/**
 * The one place where a usage message becomes a usage record: for each column, what the message
 * says. A field that a record declares and that is missing here does not compile.
 */
export const usageColumns: UsageReader<LlmUsage> = LlmUsageTable.reader<LlmUsage>({
  tsMs: ({ ts }, receivedAtMs) => believableMs(ts, receivedAtMs),
  channel: ({ channel }) => channel,
  model: ({ model }) => model,
  feature: ({ feature }) => feature,
  error: ({ error }) => (error === undefined || knownErrors.has(error) ? error : "other"),
  tokensIn: ({ tokens_in }) => tokens_in,
  tokensOut: ({ tokens_out }) => tokens_out,
  provider: ({ provider }) => provider,
  tokensCached: ({ tokens_cached }) => tokens_cached,
  tokensCacheWrite: ({ tokens_cache_write }) => tokens_cache_write,
  costUsd: ({ cost_usd }) => cost_usd,
  priceId: () => null,
  latencyMs: ({ latency_ms }) => latency_ms,
});
