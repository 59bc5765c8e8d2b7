import { type CustomMetric, CustomMetricTable } from "@kissbot/store";

const fields = CustomMetricTable.reader<CustomMetric>({
  tsMs: ({ tsMs }) => tsMs,
  channel: ({ channel }) => channel,
  metricName: ({ metricName }) => metricName,
  value: ({ value }) => value,
});

/** Custom metrics as the queue hands them over: not checked. */
export function metricTable(...rows: readonly CustomMetric[]): CustomMetricTable {
  const table = new CustomMetricTable(Math.max(rows.length, 1));
  for (const row of rows) table.appendFrom(fields, row, 0);
  return table;
}
