import type { CustomMetric } from "@kissbot/protocol";
import { type CustomMetricReader, CustomMetricTable } from "@kissbot/store";
import { believableMs } from "./believable-time.js";

/** The one place where a custom metric becomes its record, as `usageColumns` is for calls. */
export const metricColumns: CustomMetricReader<CustomMetric> = CustomMetricTable.reader<CustomMetric>({
  tsMs: ({ ts }, receivedAtMs) => believableMs(ts, receivedAtMs),
  channel: ({ channel }) => channel,
  metricName: ({ metric_name }) => metric_name,
  value: ({ value }) => value,
});
