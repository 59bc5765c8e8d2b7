import type { MetricName, MetricNames, MetricNamesPlan } from "../metric-names.js";
import { byText } from "../metric-series.js";

interface Row {
  readonly channel: string;
  readonly metricName: string;
  readonly tsMs: number;
  readonly value: number;
}

/** `rows` as they were written. */
export function metricNamesOf(
  rows: readonly Row[],
  { channel, fromMs, limit }: MetricNamesPlan,
): MetricNames {
  const names = new Map<string, MetricName>();
  for (const { metricName, tsMs, value } of rows.filter(
    (row) => row.channel === channel && row.tsMs >= fromMs,
  )) {
    const known = names.get(metricName);
    const isNewer = known === undefined || tsMs >= known.lastTsMs;
    names.set(metricName, {
      metricName,
      samples: (known?.samples ?? 0) + 1,
      lastTsMs: isNewer ? tsMs : known.lastTsMs,
      lastValue: isNewer ? value : known.lastValue,
    });
  }
  const sorted = [...names.values()].sort((a, b) => byText(a.metricName, b.metricName));
  return { metrics: sorted.slice(0, limit), truncated: sorted.length > limit };
}
