import type { LlmUsage } from "@kissbot/store";

/** Hears of each LLM call that a bot reported, at once and synchronously. One that throws is logged, and harms neither the worker nor the others. */
export interface UsageListener {
  /** For the log: `token counts`. */
  readonly listenerName: string;
  usageReceived(row: LlmUsage): void;
}
