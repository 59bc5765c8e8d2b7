import { Registry } from "prom-client";
import type { FleetDatabaseFigures, MetricSources } from "./metric-sources.js";
import { labelled, registerCounter, registerGauge } from "./sampled-metric.js";

/** Nothing without a fleet database. */
export class FleetDatabaseMetrics {
  readonly #registry = new Registry();
  readonly #figures: MetricSources["fleetDatabase"];

  constructor({ fleetDatabase }: Pick<MetricSources, "fleetDatabase">) {
    this.#figures = fleetDatabase;
    registerGauge(this.#registry, {
      name: "kissbot_fleet_database_up",
      help: "1 while rows get to the fleet database, else 0.",
      values: () => this.#only(({ isUp }) => (isUp ? 1 : 0)),
    });
    registerGauge(this.#registry, {
      name: "kissbot_fleet_database_leader",
      help: "1 while this monitor leads the hosts, else 0.",
      values: () => this.#only(({ isLeader }) => (isLeader ? 1 : 0)),
    });
    registerGauge(this.#registry, {
      name: "kissbot_fleet_database_lag_seconds",
      help: "How long rows of now have waited for the fleet database.",
      values: () => this.#only(({ lagS }) => lagS),
    });
    registerGauge(this.#registry, {
      name: "kissbot_fleet_database_clock_skew_seconds",
      help: "The clock of the fleet database less that of this host.",
      values: () => this.#only(({ clockSkewS }) => clockSkewS),
    });
    registerGauge(this.#registry, {
      name: "kissbot_fleet_database_pending_rows",
      help: "Rows that the fleet database lacks, by table.",
      labelNames: ["table"],
      values: () => labelled("table", fleetDatabase()?.waitingRows ?? {}),
    });
    registerCounter(this.#registry, {
      name: "kissbot_fleet_database_rows_total",
      help: "Rows sent to the fleet database, by table.",
      labelNames: ["table"],
      values: () => labelled("table", fleetDatabase()?.sentRows ?? {}),
    });
    registerCounter(this.#registry, {
      name: "kissbot_fleet_database_rows_lost_total",
      help: "Rows that the fleet database will never have, by table and reason: deleted, by the retention of this host before they were sent; rejected, it does not take them.",
      labelNames: ["table", "reason"],
      *values() {
        for (const [table, lost] of Object.entries(fleetDatabase()?.lostRows ?? {}))
          for (const [reason, rows] of Object.entries(lost)) yield [{ table, reason }, rows];
      },
    });
    registerGauge(this.#registry, {
      name: "kissbot_fleet_database_problem",
      help: "1 for each problem with the fleet database, by its code. None makes the monitor degraded.",
      labelNames: ["code"],
      *values() {
        for (const { code } of fleetDatabase()?.problems ?? []) yield [{ code }, 1];
      },
    });
  }

  async text(): Promise<readonly Buffer[]> {
    return this.#figures() === null ? [] : [Buffer.from(await this.#registry.metrics())];
  }

  *#only(
    value: (figures: FleetDatabaseFigures) => number | null,
  ): Generator<[Record<never, string>, number]> {
    const figures = this.#figures();
    const known = figures === null ? null : value(figures);
    if (known !== null) yield [{}, known];
  }
}
