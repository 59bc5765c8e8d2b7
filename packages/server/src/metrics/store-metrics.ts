import type { Registry } from "prom-client";
import type { MetricSources } from "./metric-sources.js";
import { labelled, registerCounter, registerGauge } from "./sampled-metric.js";

export function registerStoreMetrics(registry: Registry, { store }: Pick<MetricSources, "store">): void {
  registerGauge(registry, {
    name: "kissbot_store_pending_rows",
    help: "Rows that were accepted and are not committed yet.",
    values: () => [[{}, store().pendingRows]],
  });
  registerCounter(registry, {
    name: "kissbot_store_rows_total",
    help: "Rows that were committed, by table.",
    labelNames: ["table"],
    values: () => labelled("table", store().committedRows),
  });
  registerCounter(registry, {
    name: "kissbot_store_rows_lost_total",
    help: "Rows that were accepted and could not be stored, by table.",
    labelNames: ["table"],
    values: () => labelled("table", store().lostRows),
  });
}
