import type { LlmUsage } from "@kissbot/store";
import type { Budget } from "../../src/cost/budget.js";
import { BudgetMeter } from "../../src/cost/budget-meter.js";
import { usageTable } from "../usage-table.js";

/** $10 a day in UTC for all together. */
export function budgetOf(terms: Partial<Budget> = {}): Budget {
  return {
    name: "fleet",
    usd: 10,
    per: "day",
    timezone: "UTC",
    each: null,
    channel: null,
    model: null,
    feature: null,
    steps: [50, 80, 100],
    forecast: false,
    ...terms,
  };
}

export function callOf(terms: Partial<LlmUsage> = {}): LlmUsage {
  return {
    tsMs: Date.UTC(2026, 10, 26, 12),
    channel: "twitch/a",
    model: "gpt-4o",
    feature: "chat",
    error: null,
    tokensIn: 90,
    tokensOut: 10,
    provider: null,
    tokensCached: null,
    tokensCacheWrite: null,
    costUsd: 1,
    latencyMs: null,
    ...terms,
  };
}

export function report(meter: BudgetMeter, ...calls: readonly LlmUsage[]): void {
  meter.usageReceived({ rows: usageTable(...calls), from: 0, to: calls.length });
}

/** A meter of which nothing is to be restored. */
export function meterOf(
  budgets: readonly Budget[],
  clock: { wallMs(): number },
  maxKeys?: number,
): BudgetMeter {
  const meter = new BudgetMeter({ budgets, clock, ...(maxKeys === undefined ? {} : { maxKeys }) });
  for (const metered of meter.all) metered.young = null;
  return meter;
}
