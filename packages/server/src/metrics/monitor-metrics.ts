import type { Registry } from "prom-client";
import type { MetricSources } from "./metric-sources.js";
import { labelled, registerCounter, registerGauge } from "./sampled-metric.js";

/** How many there are of what the monitor looks after. */
export function registerMonitorMetrics(
  registry: Registry,
  { fleet, connections, viewers }: Pick<MetricSources, "fleet" | "connections" | "viewers">,
): void {
  registerGauge(registry, {
    name: "kissbot_bots",
    help: "Bots, by status.",
    labelNames: ["status"],
    values: () => labelled("status", fleet.counts()),
  });
  registerGauge(registry, {
    name: "kissbot_connections",
    help: "Connections of bots that are open.",
    values: () => [[{}, connections()]],
  });
  registerGauge(registry, {
    name: "kissbot_stream_viewers",
    help: "Viewers of the live stream.",
    values: () => [[{}, viewers().open]],
  });
  registerCounter(registry, {
    name: "kissbot_stream_viewers_dropped_total",
    help: "Viewers of the live stream that were dropped because they did not read.",
    values: () => [[{}, viewers().dropped]],
  });
}
