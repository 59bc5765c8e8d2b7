import { declareRecord, type RowOf } from "./record.js";

export const customMetricRecord = declareRecord("customMetrics", {
  tsMs: {
    kind: "time",
    wire: "ts",
    unit: "ms",
    columns: { monitor_custom_metrics: "ts_ms INTEGER NOT NULL" },
    get: (row) => row.tsMs,
  },
  channel: {
    kind: "text",
    wire: "channel",
    columns: { monitor_custom_metrics: "channel TEXT NOT NULL" },
    get: (row) => row.channel,
  },
  metricName: {
    kind: "text",
    wire: "metric_name",
    columns: { monitor_custom_metrics: "metric_name TEXT NOT NULL" },
    get: (row) => row.metricName,
  },
  value: {
    kind: "signed",
    wire: "value",
    columns: { monitor_custom_metrics: "value REAL NOT NULL" },
    get: (row) => row.value,
  },
});

export type CustomMetricFields = typeof customMetricRecord.fields;

/** One value of a metric that a bot named itself. */
export interface CustomMetric extends RowOf<CustomMetricFields> {}
