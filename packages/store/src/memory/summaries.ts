import { type ChannelSummary, type SummaryPlan, usagePlanOf } from "../channel-summary.js";
import { byText } from "../metric-series.js";
import { cutPeriod } from "../period.js";
import { hourMs } from "../usage-totals.js";
import type { MetricRow, UsageRow } from "./rows.js";
import { greatest, mean } from "./series.js";
import { totalsOf } from "./totals.js";

export function summariesOf(
  metrics: readonly MetricRow[],
  usage: readonly UsageRow[],
  plan: SummaryPlan,
): ChannelSummary[] {
  const { middle } = cutPeriod(plan.metrics, hourMs);
  const samples = metrics.filter((row) => {
    if (plan.channel !== undefined && row.channel !== plan.channel) return false;
    if (row.tsMs < plan.metrics.fromMs || row.tsMs >= plan.metrics.toMs) return false;
    return row.tsMs >= middle.fromMs && row.tsMs < middle.toMs ? row.hour : row.minute;
  });
  const totals = totalsOf(usage, usagePlanOf(plan));
  const names = new Set([
    ...samples.map((row) => row.channel),
    ...totals.map((total) => total.channel ?? ""),
  ]);
  return [...names].sort(byText).map((channel) => {
    const own = samples.filter((row) => row.channel === channel);
    const total = totals.find((one) => one.channel === channel);
    return {
      channel,
      samples: own.length,
      rssMbAvg: mean(own.map((row) => row.rssMb)),
      rssMbMax: greatest(own.map((row) => row.rssMb)),
      cpuPctAvg: mean(own.map((row) => row.cpuPct)),
      cpuPctMax: greatest(own.map((row) => row.cpuPct)),
      calls: total?.calls ?? 0,
      tokensIn: total?.tokensIn ?? 0,
      tokensOut: total?.tokensOut ?? 0,
      costUsd: total?.costUsd ?? null,
      latencyMsAvg: total?.latencyMsAvg ?? null,
    };
  });
}
