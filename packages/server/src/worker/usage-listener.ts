import type { LlmUsageTable } from "@kissbot/store";

/**
 * LLM calls that were drained from the queue at once: the rows from `from` to before `to` of a
 * table.
 */
export interface DrainedUsage {
  readonly rows: LlmUsageTable;
  readonly from: number;
  readonly to: number;
}

/**
 * Hears of the LLM calls that bots reported, at once and synchronously. One that throws is logged,
 * and harms neither the worker nor the others.
 */
export interface UsageListener {
  /** For the log: `token counts`. */
  readonly listenerName: string;
  /** The rows may be read during the call only. */
  usageReceived(usage: DrainedUsage): void;
}
