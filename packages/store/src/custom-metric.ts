import type { Column } from "./column.js";

/** One value of a metric that a bot named itself. */
export interface CustomMetric {
  readonly tsMs: number;
  readonly channel: string;
  readonly metricName: string;
  readonly value: number;
}

export const customMetricColumns: readonly Column<CustomMetric>[] = [
  { field: "channel", kind: "text", get: (row) => row.channel },
  { field: "metricName", kind: "text", get: (row) => row.metricName },
  { field: "tsMs", kind: "time", get: (row) => row.tsMs },
  { field: "value", kind: "signed", get: (row) => row.value },
];
