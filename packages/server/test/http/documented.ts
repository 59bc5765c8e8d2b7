import { openStore, type Store } from "@kissbot/store";
import { PriceBook } from "../../src/cost/price-book.js";
import { loadPriceTable } from "../../src/cost/price-table.js";
import { FleetJson } from "../../src/http/fleet-json.js";
import { FleetSummary } from "../../src/http/fleet-summary.js";
import { LiveFeed } from "../../src/live/live-feed.js";
import { EventLoopTurns } from "../../src/turns.js";
import { Counted } from "../metrics/counted.js";
import { plainFigures } from "../metrics/plain-figures.js";
import { noonMs } from "./plain-fleet.js";
import { facts, health, Served } from "./served.js";

/** Two of them, so that they have metrics. */
const principals = ["local", "team_a"].map((name) => ({
  name,
  counters: { received: 1, shed: { unauthorized: 0 } },
  bots: 1,
  connections: 1,
}));

/**
 * The monitor of docs/http-api.md at its minute: two bots, one of them stale, and a few calls and
 * changes in the store.
 */
export class Documented implements AsyncDisposable {
  readonly served: Served;
  readonly counted: Counted;
  readonly feed: LiveFeed;
  readonly #store: Store;

  private constructor(served: Served, counted: Counted, feed: LiveFeed, store: Store) {
    this.served = served;
    this.counted = counted;
    this.feed = feed;
    this.#store = store;
  }

  static async start(): Promise<Documented> {
    const nowMs = noonMs + 120_000;
    const clock = { wallMs: () => nowMs, monotonicMs: () => performance.now() };
    const store = await openStore("memory:", { now: () => nowMs });
    await fill(store);
    const counted = new Counted({ principals: () => principals, fleetDatabase: () => plainFigures });
    counted.unpriced.push({ model: "llama-4", reason: "unknown_model", tokens: 495 });
    counted.fleet.add("twitch/summit1g", { pid: 4711 });
    counted.fleet.add("discord/lounge", {
      pid: 4242,
      status: "stale",
      statusSinceMs: noonMs + 90_000,
      statusCause: "no heartbeat for 60 s",
      causeCode: "silent",
      features: {},
      cpuPct: null,
      rssMb: null,
      measuredAtMs: null,
      lastCpuPct: 3,
      lastRssMb: 88,
      startedAtMs: null,
      processSeen: false,
      version: null,
      intervalS: null,
      restarts: 2,
      restartsInHour: 1,
      restartsBy: { crash: 1, goodbye: 0, take_over: 0 },
    });
    counted.tokens.push({
      channel: "twitch/summit1g",
      model: "gpt-5",
      feature: "chat",
      tokensIn: 900,
      tokensOut: 90,
    });
    counted.others = 1;
    counted.unpriced.push({ model: "llama3:8b", reason: "local", tokens: 300 });
    counted.dropped.push({ channel: "discord/lounge", dropped: 4 });
    const json = new FleetJson(clock);
    const turns = new EventLoopTurns();
    const { fleet, metrics } = counted;
    const summary = new FleetSummary({ fleet, health: () => health, facts: () => facts, turns, clock });
    const feed = new LiveFeed({
      fleet,
      clock,
      logger: { error: () => undefined },
      json,
      summary,
      turns,
      intervalMs: 1,
    });
    await feed.start();
    const served = await Served.start({
      fleet,
      metrics,
      feed,
      summary,
      json,
      turns,
      clock,
      reads: () => store,
      prices: { book: new PriceBook(await loadPriceTable()) },
    });
    return new Documented(served, counted, feed, store);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feed.stop();
    await this.served.server.stop();
    await this.#store.close();
  }
}

async function fill(store: Store): Promise<void> {
  const usage = { channel: "twitch/summit1g", feature: "chat", tokensIn: 450, tokensOut: 45 };
  const sample = { channel: "twitch/summit1g", pid: 4711, featuresJson: '{"weather":true}' };
  const lounge = { channel: "discord/lounge", pid: 4242 };
  for (const [seq, run] of [
    { startedMs: noonMs - 14_400_000, seenMs: noonMs - 30_000, stopped: true },
    { startedMs: noonMs, seenMs: noonMs + 60_000 },
  ].entries()) {
    await store.write({ producer: "a run", epoch: 1, seq, run });
  }
  await store.write({
    producer: "alerts",
    epoch: 1,
    seq: 1,
    notices: [
      {
        noticeId: "n-mpdykxc0a1b-2",
        receiver: "ops",
        kind: "news",
        state: "sent",
        madeMs: noonMs + 50_000,
        settledMs: noonMs + 50_300,
        attempts: 1,
        itemsJson:
          '[{"alert_id":"a-mpdykxc0a1b-1","kind":"down","rule":"down","subject":"discord/lounge","grade":0}]',
        body: "{}",
        remoteId: "1374",
        detail: "200",
      },
    ],
  });
  await store.write({
    producer: "documentation",
    epoch: 1,
    seq: 1,
    statusChanges: [
      { ...lounge, tsMs: noonMs, from: null, to: "online", cause: "registered", causeCode: "registered" },
      {
        ...lounge,
        tsMs: noonMs + 90_000,
        from: "online",
        to: "stale",
        cause: "no heartbeat for 60 s",
        causeCode: "silent",
      },
    ],
    botMetrics: [{ ...sample, tsMs: noonMs + 15_000, rssMb: 96, cpuPct: 12.5 }],
    customMetrics: [
      { channel: "twitch/summit1g", tsMs: noonMs + 15_000, metricName: "viewers", value: 1200 },
    ],
    llmUsage: [
      {
        ...usage,
        tsMs: noonMs + 1_000,
        model: "gpt-5",
        latencyMs: 800,
        costUsd: 0.002,
        tokensCached: 400,
        tokensCacheWrite: 200,
      },
      { ...usage, tsMs: noonMs + 2_000, model: "gpt-5", latencyMs: 600, costUsd: 0.003, error: "timeout" },
      { ...usage, tsMs: noonMs + 3_000, model: "llama-4" },
    ],
  });
}
