import type { MetricSources } from "../../src/metrics/metric-sources.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { EventLoopTurns } from "../../src/turns.js";
import { UsageCounts } from "../../src/worker/usage-counts.js";
import { plainAlerts } from "../http/plain-alerts.js";
import { noonMs, PlainFleet } from "../http/plain-fleet.js";
import { Scraped } from "./scraped.js";

interface TokenCount {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
  readonly tokensIn: number;
  readonly tokensOut: number;
}

const { families } = new UsageCounts(() => "table");
const valueCount = families.flatMap(({ values }) => values).length;

/** Metrics over sources that a test fills. */
export class Counted {
  readonly fleet = new PlainFleet();
  readonly tokens: TokenCount[] = [];
  readonly dropped: { channel: string; dropped: number }[] = [];
  readonly unpriced: { model: string; reason: string; tokens: number }[] = [];
  /** What the counters of usage beside tokens and calls hold. */
  others = 0;
  readonly metrics: Metrics;

  constructor(sources: Partial<MetricSources> = {}) {
    this.metrics = new Metrics({
      clock: { wallMs: () => noonMs },
      fleet: this.fleet,
      turns: new EventLoopTurns(),
      lines: () => ({ lines: 10, rejected: { invalid_json: 2, truncated: 0 }, ignored: 1 }),
      queue: () => ({
        received: { heartbeat: 6, llm_usage: 1 },
        processed: { heartbeat: 4, llm_usage: 0 },
        shed: { heartbeat: { coalesced: 1, queue_full: 0 }, llm_usage: { coalesced: 0, queue_full: 1 } },
        depth: 1,
      }),
      store: () => ({
        pendingRows: 3,
        committedRows: { llm_usage: 7, bot_metrics: 0 },
        lostRows: { llm_usage: 2 },
      }),
      usage: () =>
        Object.assign(
          this.tokens.map(({ tokensIn, tokensOut, ...names }) => ({
            ...names,
            values: Array.from(
              { length: valueCount },
              (_, i) => [tokensIn, tokensOut, 1][i] ?? (i === valueCount - 1 ? 0.5 : this.others),
            ),
          })),
          { families },
        ),
      unpriced: () => this.unpriced,
      latencies: () =>
        Object.assign([{ model: "gpt-5", feature: "chat", cumulative: [1, 2], count: 3, sumS: 4.5 }], {
          bounds: [0.5, 1],
        }),
      clientDropped: () => this.dropped,
      alerts: () => ({
        open: plainAlerts.openAlerts(),
        receivers: plainAlerts.receivers(),
        turns: { bounds: [0.001, 0.01], cumulative: [2, 3], count: 3, sumS: 0.004 },
      }),
      problems: () => [
        { code: "store_busy", detail: "locked" },
        { code: "socket_lost", detail: "gone" },
      ],
      connections: () => 5,
      principals: () => [],
      viewers: () => ({ open: 2, dropped: 1 }),
      fleetDatabase: () => null,
      pings: () => ({ ok: 3, fail: 0, failed: 1 }),
      ...sources,
    });
  }

  async scrape(): Promise<Scraped> {
    return new Scraped(await this.metrics.text());
  }
}
