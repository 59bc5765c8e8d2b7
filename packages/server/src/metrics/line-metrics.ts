import type { Registry } from "prom-client";
import type { MetricSources } from "./metric-sources.js";
import { labelled, registerCounter } from "./sampled-metric.js";

/** `lines = received + rejected + ignored`, blank lines counting nowhere. */
export function registerLineMetrics(registry: Registry, { lines }: Pick<MetricSources, "lines">): void {
  registerCounter(registry, {
    name: "kissbot_lines_total",
    help: "Lines that came over the socket, without blank ones.",
    values: () => [[{}, lines().lines]],
  });
  registerCounter(registry, {
    name: "kissbot_lines_rejected_total",
    help: "Lines that are no valid message, by reason.",
    labelNames: ["reason"],
    values: () => labelled("reason", lines().rejected),
  });
  registerCounter(registry, {
    name: "kissbot_lines_ignored_total",
    help: "Lines of a type that this version does not know.",
    values: () => [[{}, lines().ignored]],
  });
}
