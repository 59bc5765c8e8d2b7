import { costCoverageOf } from "../cost-coverage.js";
import { LatencyHistogram } from "../latency-histogram.js";
import { namedPercentiles, percentilesOf } from "../latency-percentiles.js";
import type { LlmUsageFields } from "../llm-usage.js";
import { cutPeriod } from "../period.js";
import { type UsageSumsOf, usageMeasures } from "../usage-measure.js";
import {
  dayOf,
  errorRateOf,
  hourMs,
  rankTotals,
  type UsageKey,
  type UsagePlan,
  type UsageTotal,
} from "../usage-totals.js";
import type { UsageRow } from "./rows.js";
import { mean, sum } from "./series.js";

export function totalsOf(rows: readonly UsageRow[], plan: UsagePlan): UsageTotal[] {
  const { middle } = cutPeriod(plan, hourMs);
  const groups = new Map<string, UsageRow[]>();
  for (const row of rows) {
    if (row.tsMs < plan.fromMs || row.tsMs >= plan.toMs) continue;
    // Whole hours are read from rollups, which outlive the rows.
    if (!row.raw && !(row.tsMs >= middle.fromMs && row.tsMs < middle.toMs)) continue;
    if (plan.channel !== undefined && row.channel !== plan.channel) continue;
    if (plan.model !== undefined && row.model !== plan.model) continue;
    if (plan.feature !== undefined && row.feature !== plan.feature) continue;
    const key = JSON.stringify(plan.keys.map((name) => keyOf(row, name, plan.offsetMs)));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  if (plan.keys.length === 0 && groups.size === 0) groups.set("[]", []);
  return rankTotals(
    [...groups.values()].map((group) => totalOf(group, plan)),
    plan,
  );
}

function keyOf(row: UsageRow, key: UsageKey, offsetMs: number): string | number {
  if (key === "hour") return Math.floor(row.tsMs / hourMs) * hourMs;
  if (key === "day") return dayOf(row.tsMs, offsetMs);
  return row[key];
}

function totalOf(rows: readonly UsageRow[], { keys, offsetMs, hasPercentiles }: UsagePlan): UsageTotal {
  const first = rows[0];
  const text = (key: "channel" | "model" | "feature") => (first && keys.includes(key) ? first[key] : null);
  const time = keys.find((key) => key === "hour" || key === "day");
  const sums: Record<string, number | null> = {};
  for (const { field, name, calls, isAverage, isCount } of usageMeasures) {
    const known = rows.map((row) => row[field.name as keyof UsageRow]).filter((value) => value !== null);
    if (isCount) {
      sums[name] = known.length;
      continue;
    }
    const values = known as number[];
    const isUnknown = calls !== null && values.length === 0;
    sums[name] = isUnknown ? null : isAverage ? mean(values) : sum(values);
    if (calls !== null) sums[calls.name] = known.length;
  }
  const totals = sums as unknown as UsageSumsOf<LlmUsageFields>;
  const known = rows.filter(({ costUsd }) => costUsd !== null);
  const coverage = costCoverageOf({
    calls: rows.length,
    costCalls: known.length,
    tokensIn: totals.tokensIn,
    tokensOut: totals.tokensOut,
    toldUsd: sum(known.filter(({ priceId }) => priceId === null).map(({ costUsd }) => costUsd as number)),
    costTokens: sum(known.map(({ tokensIn, tokensOut }) => tokensIn + tokensOut)),
    coveredCalls: rows.length,
  });
  return {
    channel: text("channel"),
    model: text("model"),
    feature: text("feature"),
    tsMs: first && time ? (keyOf(first, time, offsetMs) as number) : null,
    calls: rows.length,
    ...totals,
    ...coverage,
    errorRate: errorRateOf(totals.errors, rows.length),
    ...namedPercentiles(percentilesOf(hasPercentiles ? histogramOf(rows) : null)),
  };
}

function histogramOf(rows: readonly UsageRow[]): string | null {
  const histogram = new LatencyHistogram();
  for (const { latencyMs } of rows) if (latencyMs !== null) histogram.add(latencyMs);
  return histogram.text();
}
