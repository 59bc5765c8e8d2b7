import type { Registry } from "prom-client";
import type { MetricSources } from "./metric-sources.js";
import { labelled, registerCounter, registerGauge } from "./sampled-metric.js";

type Sources = Pick<MetricSources, "fleet" | "problems" | "connections" | "viewers" | "pings">;

/** How many there are of what the monitor looks after, and how it is itself. */
export function registerMonitorMetrics(
  registry: Registry,
  { fleet, problems, connections, viewers, pings }: Sources,
): void {
  registerGauge(registry, {
    name: "kissbot_bots",
    help: "Bots, by status.",
    labelNames: ["status"],
    values: () => labelled("status", fleet.counts()),
  });
  registerGauge(registry, {
    name: "kissbot_problem",
    help: "1 for each problem because of which the monitor is degraded, by its code.",
    labelNames: ["code"],
    values: () => [...problems()].map(({ code }) => [{ code }, 1] as const),
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
  registerCounter(registry, {
    name: "kissbot_deadman_pings_total",
    help: "Pings of the dead-man switch, by outcome: ok, fail (notices do not get through), failed (it took none).",
    labelNames: ["outcome"],
    values: () => labelled("outcome", pings() ?? {}),
  });
}
