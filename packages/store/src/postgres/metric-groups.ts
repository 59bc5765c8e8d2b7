import type { botMetricRecord } from "../bot-metric.js";
import type { RecordTable } from "../record-table.js";
import { boundedSum } from "./usage-groups.js";

/** The samples of one bot in one minute or hour. */
export interface MetricGroup {
  readonly channel: string;
  readonly bucketMs: number;
  n: number;
  rssSum: number;
  /** The sum of what the samples count for their bot. */
  rssOwn: number;
  rssMin: number;
  rssMax: number;
  cpuSum: number;
  cpuOwn: number;
  cpuMin: number;
  cpuMax: number;
}

export function groupMetrics(
  { columns, length }: RecordTable<typeof botMetricRecord.fields>,
  unitMs: number,
): MetricGroup[] {
  const groups = new Map<string, MetricGroup>();
  for (let row = 0; row < length; row++) {
    const bucketMs = Math.floor(columns.tsMs.numberAt(row) / unitMs) * unitMs;
    const key = `${columns.channel.refAt(row)} ${bucketMs}`;
    const rss = columns.rssMb.numberAt(row);
    const cpu = columns.cpuPct.numberAt(row);
    const share = columns.share.isKnown(row) ? columns.share.numberAt(row) : 1;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, {
        channel: columns.channel.at(row) as string,
        bucketMs,
        n: 1,
        rssSum: boundedSum(rss),
        rssOwn: boundedSum(rss * share),
        rssMin: rss,
        rssMax: rss,
        cpuSum: boundedSum(cpu),
        cpuOwn: boundedSum(cpu * share),
        cpuMin: cpu,
        cpuMax: cpu,
      });
      continue;
    }
    group.n += 1;
    group.rssSum = boundedSum(group.rssSum + rss);
    group.rssOwn = boundedSum(group.rssOwn + rss * share);
    group.rssMin = Math.min(group.rssMin, rss);
    group.rssMax = Math.max(group.rssMax, rss);
    group.cpuSum = boundedSum(group.cpuSum + cpu);
    group.cpuOwn = boundedSum(group.cpuOwn + cpu * share);
    group.cpuMin = Math.min(group.cpuMin, cpu);
    group.cpuMax = Math.max(group.cpuMax, cpu);
  }
  return [...groups.values()];
}
