import type { Registry } from "prom-client";
import type { AlertFigures, MetricSources } from "./metric-sources.js";
import { registerCounter, registerGauge } from "./sampled-metric.js";

type Source = Pick<MetricSources, "alerts">;

export function registerAlertMetrics(registry: Registry, { alerts }: Source): void {
  registerGauge(registry, {
    name: "kissbot_alerts_open",
    help: "Alerts that are open, by rule and severity.",
    labelNames: ["rule", "severity"],
    values: () => openAlerts(alerts()),
  });
  registerCounter(registry, {
    name: "kissbot_notices_total",
    help: "Messages to receivers since the start, by what became of them: sent, failed or doubtful.",
    labelNames: ["receiver", "outcome"],
    values: () => outcomes(alerts()),
  });
  registerGauge(registry, {
    name: "kissbot_notices_waiting",
    help: "Things that a receiver does not know yet.",
    labelNames: ["receiver"],
    values: () => alerts().receivers.map(({ name, waiting }) => [{ receiver: name }, waiting] as const),
  });
  registerGauge(registry, {
    name: "kissbot_receiver_up",
    help: "Whether messages to a receiver get through.",
    labelNames: ["receiver"],
    values: () =>
      alerts().receivers.map(({ name, state }) => [{ receiver: name }, state === "ok" ? 1 : 0] as const),
  });
}

function openAlerts({ open }: AlertFigures) {
  const counts = new Map<string, { readonly rule: string; readonly severity: string; count: number }>();
  for (const { rule, severity } of open) {
    const key = `${rule}\n${severity}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { rule, severity, count: 1 });
    else known.count++;
  }
  return [...counts.values()].map(({ count, ...labels }) => [labels, count] as const);
}

function outcomes({ receivers }: AlertFigures) {
  return receivers.flatMap(({ name, ...counts }) =>
    (["sent", "failed", "doubtful"] as const).map(
      (outcome) => [{ receiver: name, outcome }, counts[outcome]] as const,
    ),
  );
}

const turnName = "kissbot_alert_turn_seconds";

/**
 * How long the turns of the desk held the event loop, as a histogram that the desk keeps itself.
 */
export class AlertTurnMetric {
  readonly #alerts: MetricSources["alerts"];

  constructor({ alerts }: Source) {
    this.#alerts = alerts;
  }

  async text(): Promise<readonly Buffer[]> {
    const { bounds, cumulative, count, sumS } = this.#alerts().turns;
    const lines = [
      `# HELP ${turnName} How long a turn of the alerts held the event loop, all pieces together.`,
      `# TYPE ${turnName} histogram`,
      ...bounds.map((bound, at) => `${turnName}_bucket{le="${bound}"} ${cumulative[at] ?? 0}`),
      `${turnName}_bucket{le="+Inf"} ${count}`,
      `${turnName}_sum ${sumS}`,
      `${turnName}_count ${count}`,
    ];
    return [Buffer.from(`${lines.join("\n")}\n`)];
  }
}
