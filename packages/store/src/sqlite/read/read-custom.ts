import type { Grid } from "../../bucket.js";
import type { CustomColumns } from "../../metric-columns.js";
import { averageOf } from "../../saturation.js";
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
): CustomColumns {
  const { startMs, bucketMs, count } = grid;
  const rows = connection.rows(
    `SELECT ${bucketOf("ts_ms")}, count(*), total(value), min(value), max(value) FROM monitor_custom_metrics
     WHERE channel = ? AND metric_name = ? AND ts_ms >= ? AND ts_ms < ? GROUP BY 1`,
    [startMs, bucketMs, channel, metricName, startMs, startMs + count * bucketMs],
  ) as Row[];
  const columns: CustomColumns = {
    samples: new Float64Array(count),
    avg: new Float64Array(count),
    min: new Float64Array(count),
    max: new Float64Array(count),
  };
  for (const [i, samples, sum, min, max] of rows) {
    columns.samples[i] = samples;
    columns.avg[i] = averageOf(sum, samples, min, max);
    columns.min[i] = min;
    columns.max[i] = max;
  }
  return columns;
}
