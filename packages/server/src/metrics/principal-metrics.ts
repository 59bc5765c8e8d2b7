import { Registry } from "prom-client";
import type { MetricSources } from "./metric-sources.js";
import { registerCounter, registerGauge } from "./sampled-metric.js";

/** Nothing while there is none but `local`: then the other metrics say all. */
export class PrincipalMetrics {
  readonly #registry = new Registry();
  readonly #principals: MetricSources["principals"];

  constructor({ principals }: Pick<MetricSources, "principals">) {
    this.#principals = principals;
    registerCounter(this.#registry, {
      name: "kissbot_principal_received_total",
      help: "Valid messages of a principal, with those that were shed.",
      labelNames: ["principal"],
      *values() {
        for (const { name, counters } of principals()) yield [{ principal: name }, counters.received];
      },
    });
    registerCounter(this.#registry, {
      name: "kissbot_principal_shed_total",
      help: "Messages of a principal that were dropped, by reason: unauthorized, a channel that it may not report on; over_quota, past a bound of its own; queue_full; fleet_full; too_many_pids.",
      labelNames: ["principal", "reason"],
      *values() {
        for (const { name, counters } of principals()) {
          for (const [reason, count] of Object.entries(counters.shed))
            yield [{ principal: name, reason }, count];
        }
      },
    });
    registerGauge(this.#registry, {
      name: "kissbot_principal_bots",
      help: "Bots of a principal.",
      labelNames: ["principal"],
      *values() {
        for (const { name, bots } of principals()) yield [{ principal: name }, bots];
      },
    });
    registerGauge(this.#registry, {
      name: "kissbot_principal_connections",
      help: "Connections of a principal that are open.",
      labelNames: ["principal"],
      *values() {
        for (const { name, connections } of principals()) yield [{ principal: name }, connections];
      },
    });
  }

  async text(): Promise<readonly Buffer[]> {
    const [, another] = this.#principals();
    return another === undefined ? [] : [Buffer.from(await this.#registry.metrics())];
  }
}
