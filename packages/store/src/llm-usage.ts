import type { Column } from "./column.js";

/** One LLM call. What the bot did not say is null: an unknown price is not a price of 0. */
export interface LlmUsage {
  readonly tsMs: number;
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly latencyMs?: number | null;
  readonly provider?: string | null;
  /** The part of `tokensIn` that the provider had cached. */
  readonly tokensCached?: number | null;
  readonly costUsd?: number | null;
}

export const llmUsageColumns: readonly Column<LlmUsage>[] = [
  { field: "channel", kind: "text", get: (row) => row.channel },
  { field: "model", kind: "text", get: (row) => row.model },
  { field: "feature", kind: "text", get: (row) => row.feature },
  { field: "provider", kind: "text", nullable: true, get: (row) => row.provider },
  { field: "tsMs", kind: "time", get: (row) => row.tsMs },
  { field: "tokensIn", kind: "count", get: (row) => row.tokensIn },
  { field: "tokensOut", kind: "count", get: (row) => row.tokensOut },
  { field: "latencyMs", kind: "amount", nullable: true, get: (row) => row.latencyMs },
  { field: "tokensCached", kind: "count", nullable: true, get: (row) => row.tokensCached },
  { field: "costUsd", kind: "amount", nullable: true, get: (row) => row.costUsd },
];
