import { cutPeriod } from "../period.js";
import {
  dayMs,
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
    const key = JSON.stringify(plan.keys.map((name) => keyOf(row, name)));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  if (plan.keys.length === 0 && groups.size === 0) groups.set("[]", []);
  return rankTotals(
    [...groups.values()].map((group) => totalOf(group, plan.keys)),
    plan,
  );
}

function keyOf(row: UsageRow, key: UsageKey): string | number {
  if (key === "hour") return Math.floor(row.tsMs / hourMs) * hourMs;
  if (key === "day") return Math.floor(row.tsMs / dayMs) * dayMs;
  return row[key];
}

export function totalOf(rows: readonly UsageRow[], keys: readonly UsageKey[]): UsageTotal {
  const first = rows[0];
  const known = (values: readonly (number | null | undefined)[]) => values.filter((value) => value != null);
  const cached = known(rows.map((row) => row.tokensCached));
  const costs = known(rows.map((row) => row.costUsd));
  const latencies = known(rows.map((row) => row.latencyMs));
  const text = (key: "channel" | "model" | "feature") => (first && keys.includes(key) ? first[key] : null);
  const time = keys.find((key) => key === "hour" || key === "day");
  return {
    channel: text("channel"),
    model: text("model"),
    feature: text("feature"),
    tsMs: first && time ? (keyOf(first, time) as number) : null,
    calls: rows.length,
    tokensIn: sum(rows.map((row) => row.tokensIn)),
    tokensOut: sum(rows.map((row) => row.tokensOut)),
    tokensCached: cached.length === 0 ? null : sum(cached),
    cachedCalls: cached.length,
    costUsd: costs.length === 0 ? null : sum(costs),
    costCalls: costs.length,
    latencyMsAvg: mean(latencies),
    latencyCalls: latencies.length,
  };
}
