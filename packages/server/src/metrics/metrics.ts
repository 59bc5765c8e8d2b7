import { Registry } from "prom-client";
import { PiecePool } from "../byte-pieces.js";
import { AlertTurnMetric, registerAlertMetrics } from "./alert-metrics.js";
import { BotMetrics } from "./bot-metrics.js";
import { ClientDroppedMetric } from "./client-dropped-metric.js";
import { FleetDatabaseMetrics } from "./fleet-database-metrics.js";
import { LatencyMetric } from "./latency-metric.js";
import { registerLineMetrics } from "./line-metrics.js";
import { registerMessageMetrics } from "./message-metrics.js";
import type { MetricSources } from "./metric-sources.js";
import { registerMonitorMetrics } from "./monitor-metrics.js";
import { PrincipalMetrics } from "./principal-metrics.js";
import { registerProcessMetrics } from "./process-metrics.js";
import { registerStoreMetrics } from "./store-metrics.js";
import { UnpricedMetric } from "./unpriced-metric.js";
import { UsageMetrics } from "./usage-metrics.js";

/** 4 MiB: the text of 10,000 bots. */
const keptPieces = 64;

/**
 * Everything that Prometheus is told. A scrape reads the values of its moment, in turns with
 * whoever else encodes. Scrapes that come while one is made share the next one, so that their
 * number costs nothing and none gets values from before it asked.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #pool = new PiecePool(keptPieces);
  readonly #families: readonly { text(): Promise<readonly Buffer[]> }[];
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<readonly Buffer[]> | null = null;

  constructor(sources: MetricSources) {
    registerMonitorMetrics(this.#registry, sources);
    registerLineMetrics(this.#registry, sources);
    registerMessageMetrics(this.#registry, sources);
    registerStoreMetrics(this.#registry, sources);
    registerAlertMetrics(this.#registry, sources);
    registerProcessMetrics(this.#registry);
    this.#families = [
      new BotMetrics(sources, this.#pool),
      new UsageMetrics(sources, this.#pool),
      new UnpricedMetric(sources, this.#pool),
      new LatencyMetric(sources),
      new ClientDroppedMetric(sources, this.#pool),
      new AlertTurnMetric(sources),
      new PrincipalMetrics(sources),
      new FleetDatabaseMetrics(sources),
    ];
  }

  /** Prometheus' text format, in which names stand as they are: OpenMetrics would add suffixes. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    return Buffer.concat(await this.chunks()).toString();
  }

  chunks(): Promise<readonly Buffer[]> {
    if (this.#next !== null) return this.#next;
    const run = this.#last.then(() => {
      this.#next = null;
      return this.#collect();
    });
    this.#next = run;
    // Whoever asked gets the error.
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** To be called when all who got these chunks are done with them. */
  giveBack(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) this.#pool.giveBack(chunk);
  }

  async #collect(): Promise<readonly Buffer[]> {
    const chunks: Buffer[] = [Buffer.from(await this.#registry.metrics())];
    for (const family of this.#families) chunks.push(...(await family.text()));
    return chunks;
  }
}
