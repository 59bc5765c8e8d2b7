import type { Registry } from "prom-client";
import type { MetricSources } from "./metric-sources.js";
import { labelled, registerCounter, registerGauge } from "./sampled-metric.js";

/** `received = processed + queue depth + shed`, for each type. */
export function registerMessageMetrics(registry: Registry, { queue }: Pick<MetricSources, "queue">): void {
  registerCounter(registry, {
    name: "kissbot_messages_received_total",
    help: "Valid messages, by type.",
    labelNames: ["type"],
    values: () => labelled("type", queue().received),
  });
  registerCounter(registry, {
    name: "kissbot_messages_processed_total",
    help: "Messages that took effect or were handed to the store, by type.",
    labelNames: ["type"],
    values: () => labelled("type", queue().processed),
  });
  registerCounter(registry, {
    name: "kissbot_messages_shed_total",
    help: "Messages that were dropped, by type and reason: coalesced, a newer one took its place; queue_full; fleet_full; too_many_pids, one channel claimed ever new processes.",
    labelNames: ["type", "reason"],
    *values() {
      for (const [type, reasons] of Object.entries(queue().shed)) {
        for (const [reason, count] of Object.entries(reasons)) yield [{ type, reason }, count];
      }
    },
  });
  registerGauge(registry, {
    name: "kissbot_queue_depth",
    help: "Messages that wait.",
    values: () => [[{}, queue().depth]],
  });
}
