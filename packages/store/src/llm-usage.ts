import { declareRecord, type RowOf } from "./record.js";

/** How a call may have failed. A monitor stores what it does not know as `other`. */
export const usageErrors = [
  "rate_limit",
  "timeout",
  "auth",
  "context_length",
  "content_filter",
  "invalid_request",
  "server",
  "network",
  "cancelled",
  "other",
] as const;

/**
 * One LLM call. A row with a field in `monitor_usage_extras` has a row there too: the old table has
 * no column for it and is never altered. The totals of an answer follow the order of the fields.
 */
export const llmUsageRecord = declareRecord("llmUsage", {
  tsMs: {
    kind: "time",
    wire: "ts",
    unit: "ms",
    columns: { llm_usage: "ts TEXT NOT NULL" },
    get: (row) => row.tsMs,
  },
  channel: {
    kind: "text",
    wire: "channel",
    columns: { llm_usage: "channel TEXT NOT NULL" },
    get: (row) => row.channel,
  },
  model: {
    kind: "text",
    wire: "model",
    columns: { llm_usage: "model TEXT NOT NULL" },
    get: (row) => row.model,
  },
  feature: {
    kind: "text",
    wire: "feature",
    columns: { llm_usage: "feature TEXT NOT NULL" },
    get: (row) => row.feature,
  },
  /** One of `usageErrors` where the call failed. */
  error: {
    kind: "text",
    nullable: true,
    wire: "error",
    columns: { monitor_usage_extras: "error TEXT" },
    total: { as: "errors", counts: true, note: "How many of the calls failed." },
    get: (row) => row.error,
  },
  tokensIn: {
    kind: "count",
    wire: "tokens_in",
    unit: "tokens",
    columns: { llm_usage: "tokens_in INTEGER NOT NULL" },
    total: {},
    get: (row) => row.tokensIn,
  },
  tokensOut: {
    kind: "count",
    wire: "tokens_out",
    unit: "tokens",
    columns: { llm_usage: "tokens_out INTEGER NOT NULL" },
    total: {},
    get: (row) => row.tokensOut,
  },
  provider: {
    kind: "text",
    nullable: true,
    wire: "provider",
    columns: { monitor_usage_extras: "provider TEXT" },
    get: (row) => row.provider,
  },
  /** The part of `tokensIn` that the provider had cached. */
  tokensCached: {
    kind: "count",
    nullable: true,
    wire: "tokens_cached",
    unit: "tokens",
    columns: { monitor_usage_extras: "tokens_cached INTEGER" },
    total: { calls: "cachedCalls" },
    get: (row) => row.tokensCached,
  },
  /** The part of `tokensIn` that the provider wrote to its cache. */
  tokensCacheWrite: {
    kind: "count",
    nullable: true,
    wire: "tokens_cache_write",
    unit: "tokens",
    columns: { monitor_usage_extras: "tokens_cache_write INTEGER" },
    total: {
      calls: "cacheWriteCalls",
      note: "Written to a provider's cache; null where no call told it.",
    },
    get: (row) => row.tokensCacheWrite,
  },
  costUsd: {
    kind: "amount",
    nullable: true,
    wire: "cost_usd",
    unit: "USD",
    columns: { monitor_usage_extras: "cost_usd REAL" },
    total: { calls: "costCalls", note: "Null where of no call it is known: not a price of 0." },
    get: (row) => row.costUsd,
  },
  /** The id of its price in `prices`; null if the bot reported the cost, or if it is unknown. */
  priceId: {
    kind: "count",
    nullable: true,
    columns: { monitor_usage_extras: "price_id INTEGER" },
    get: (row) => row.priceId,
  },
  latencyMs: {
    kind: "amount",
    nullable: true,
    wire: "latency_ms",
    unit: "ms",
    columns: { llm_usage: "latency_ms REAL" },
    total: { as: "latencyMsAvg", average: true, column: "latency_sum", calls: "latencyCalls" },
    get: (row) => row.latencyMs,
  },
});

export type LlmUsageFields = typeof llmUsageRecord.fields;

/** One LLM call. What is unknown is null: an unknown price is not a price of 0. */
export interface LlmUsage extends RowOf<LlmUsageFields> {}
