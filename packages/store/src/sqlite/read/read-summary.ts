import { type ChannelSummary, type SummaryPlan, usagePlanOf } from "../../channel-summary.js";
import { byText } from "../../metric-series.js";
import { cutPeriod, type Period } from "../../period.js";
import { saturated } from "../../saturation.js";
import { boundFromMs } from "../../timestamp.js";
import { hourMs, type UsageTotal } from "../../usage-totals.js";
import { walkChannels } from "./channel-walk.js";
import { usageListFrom } from "./packed-usage.js";
import type { ReadConnection } from "./read-connection.js";
import { soundMetric } from "./read-metrics.js";
import { readUsage } from "./read-usage.js";

type Row = [channel: string, n: number, rssSum: number, rssMax: number, cpuSum: number, cpuMax: number];

/**
 * Metrics from hours, from minutes at both ends, and from the rows that no rollup has yet; usage as
 * in the totals by channel.
 */
export function readSummary(connection: ReadConnection, plan: SummaryPlan): ChannelSummary[] {
  const { head, middle, tail } = cutPeriod(plan.metrics, hourMs);
  const metrics = new Map<string, Row>();
  for (const row of [
    ...rolledRows(connection, "monitor_metric_minutes", head, plan.channel),
    ...rolledRows(connection, "monitor_metric_hours", middle, plan.channel),
    ...rolledRows(connection, "monitor_metric_minutes", tail, plan.channel),
    ...unrolledRows(connection, plan.metrics, plan.channel),
  ]) {
    const [channel, n, rssSum, rssMax, cpuSum, cpuMax] = row;
    const before = metrics.get(channel) ?? [channel, 0, 0, 0, 0, 0];
    metrics.set(channel, [
      channel,
      before[1] + n,
      before[2] + rssSum,
      Math.max(before[3], rssMax),
      before[4] + cpuSum,
      Math.max(before[5], cpuMax),
    ]);
  }
  const usage = new Map<string, UsageTotal>();
  for (const total of usageListFrom(readUsage(connection, usagePlanOf(plan)))) {
    usage.set(total.channel ?? "", total);
  }
  const names = [...new Set([...metrics.keys(), ...usage.keys()])].sort(byText);
  return names.map((channel) => summaryOf(channel, metrics.get(channel), usage.get(channel)));
}

function rolledRows(
  connection: ReadConnection,
  table: "monitor_metric_minutes" | "monitor_metric_hours",
  { fromMs, toMs }: Period,
  channel: string | undefined,
): Row[] {
  if (fromMs >= toMs) return [];
  const { sql, values } = walkChannels(table, channel);
  return connection.rows(
    `${sql} SELECT r.channel, sum(r.n), total(r.rss_sum), max(r.rss_max), total(r.cpu_sum), max(r.cpu_max)
     FROM walk CROSS JOIN ${table} AS r ON r.channel = walk.name AND r.bucket_ms >= ? AND r.bucket_ms < ? GROUP BY r.channel`,
    [...values, fromMs, toMs],
  ) as Row[];
}

function unrolledRows(
  connection: ReadConnection,
  { fromMs, toMs }: Period,
  channel: string | undefined,
): Row[] {
  const only = channel === undefined ? "" : " AND m.channel = ?";
  return connection.rows(
    `SELECT m.channel, count(*), total(m.rss_mb), max(m.rss_mb), total(m.cpu_pct), max(m.cpu_pct)
     FROM bot_metrics AS m NOT INDEXED
     WHERE m.id > (SELECT last_id FROM monitor_rollup_cursors WHERE source = 'bot_metrics')
       AND m.ts >= ? AND m.ts < ? AND ${soundMetric}${only} GROUP BY m.channel`,
    [boundFromMs(fromMs), boundFromMs(toMs), ...(channel === undefined ? [] : [channel])],
  ) as Row[];
}

function summaryOf(channel: string, metrics: Row | undefined, usage: UsageTotal | undefined): ChannelSummary {
  const [, n = 0, rssSum = 0, rssMax = 0, cpuSum = 0, cpuMax = 0] = metrics ?? [];
  return {
    channel,
    samples: n,
    rssMbAvg: n === 0 ? null : saturated(rssSum / n),
    rssMbMax: n === 0 ? null : rssMax,
    cpuPctAvg: n === 0 ? null : saturated(cpuSum / n),
    cpuPctMax: n === 0 ? null : cpuMax,
    calls: usage?.calls ?? 0,
    tokensIn: usage?.tokensIn ?? 0,
    tokensOut: usage?.tokensOut ?? 0,
    costUsd: usage?.costUsd ?? null,
    latencyMsAvg: usage?.latencyMsAvg ?? null,
  };
}
