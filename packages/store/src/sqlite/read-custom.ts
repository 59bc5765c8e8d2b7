import type { Grid } from "../bucket.js";
import type { CustomPoint, CustomSeries } from "../metric-series.js";
import { averageOf } from "../saturation.js";
import type { ReadConnection } from "./read-connection.js";
import { bucketOf } from "./read-metrics.js";

export interface CustomPlan {
  readonly grid: Grid;
  readonly channel: string;
  readonly metricName: string;
}

type Row = [bucket: number, samples: number, sum: number, min: number, max: number];

export function readCustomSeries(
  connection: ReadConnection,
  { grid, channel, metricName }: CustomPlan,
): CustomSeries {
  const { startMs, bucketMs, count } = grid;
  const rows = connection.rows(
    `SELECT ${bucketOf("ts_ms")}, count(*), total(value), min(value), max(value) FROM monitor_custom_metrics
     WHERE channel = ? AND metric_name = ? AND ts_ms >= ? AND ts_ms < ? GROUP BY 1`,
    [startMs, bucketMs, channel, metricName, startMs, startMs + count * bucketMs],
  ) as Row[];
  const points: CustomPoint[] = Array.from({ length: count }, (_, i) => ({
    tsMs: startMs + i * bucketMs,
    samples: 0,
    avg: null,
    min: null,
    max: null,
  }));
  for (const [i, samples, sum, min, max] of rows) {
    points[i] = { tsMs: startMs + i * bucketMs, samples, avg: averageOf(sum, samples, min, max), min, max };
  }
  return { bucketMs, points };
}
