import type { MetricNames, MetricNamesPlan } from "../../metric-names.js";
import { inUtf16Order } from "../sql/text-order.js";
import type { ReadConnection } from "./read-connection.js";

type Row = [metricName: string, samples: number, lastTsMs: number, lastValue: number];

/** One more is read, which tells whether there are more. */
export function readMetricNames(
  connection: ReadConnection,
  { channel, fromMs, limit }: MetricNamesPlan,
): MetricNames {
  const order = inUtf16Order("metric_name");
  const rows = connection.rows(
    `SELECT metric_name, samples, last_ts_ms,
       (SELECT value FROM monitor_custom_metrics AS own
        WHERE own.channel = ? AND own.metric_name = named.metric_name ORDER BY ts_ms DESC, id DESC LIMIT 1)
     FROM (SELECT metric_name, count(*) AS samples, max(ts_ms) AS last_ts_ms FROM monitor_custom_metrics
           WHERE channel = ? AND ts_ms >= ? GROUP BY metric_name ORDER BY ${order} LIMIT ?) AS named
     ORDER BY ${order}`,
    [channel, channel, fromMs, limit + 1],
  ) as Row[];
  return {
    metrics: rows.slice(0, limit).map(([metricName, samples, lastTsMs, lastValue]) => ({
      metricName,
      samples,
      lastTsMs,
      lastValue,
    })),
    truncated: rows.length > limit,
  };
}
