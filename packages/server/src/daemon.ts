import type { Store } from "@kissbot/store";
import { type Clock, systemClock } from "./clock.js";
import type { Settings } from "./config/settings.js";
import { FleetJson } from "./http/fleet-json.js";
import type { Health } from "./http/health.js";
import { HttpServer } from "./http/http-server.js";
import { takeInheritedDescriptor } from "./ingest/activation.js";
import { Listener } from "./ingest/listener.js";
import { Readiness } from "./ingest/readiness.js";
import { LiveFeed } from "./live/live-feed.js";
import type { Logger } from "./logger.js";
import { Metrics } from "./metrics/metrics.js";
import { MessageQueue } from "./queue/message-queue.js";
import { Registry } from "./registry/registry.js";
import { createProbe } from "./sampling/create-probe.js";
import { FirstProbe } from "./sampling/first-probe.js";
import type { ProcessLook, ProcessProbe } from "./sampling/process-probe.js";
import { Sampler } from "./sampling/sampler.js";
import { problemsOf } from "./trouble.js";
import { Turns } from "./turns.js";
import { version } from "./version.js";
import { ClientLosses } from "./worker/client-losses.js";
import { FleetLog } from "./worker/fleet-log.js";
import { Maintenance } from "./worker/maintenance.js";
import { StoreKeeper } from "./worker/store-keeper.js";
import { StoreRecorder } from "./worker/store-recorder.js";
import { StoreWriter } from "./worker/store-writer.js";
import { TokenCounts } from "./worker/token-counts.js";
import { Worker } from "./worker/worker.js";

export interface DaemonOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Where a started monitor is. */
export interface StartReport {
  readonly socketPath: string;
  /** For people: `owner root and group root (mode 0660)`. */
  readonly whoMayConnect: string;
  readonly store: {
    readonly url: string;
    /** False: it could not be opened in time, and is tried again and again. */
    readonly open: boolean;
    readonly detail: string | null;
    /** How many bots were known from before. */
    readonly bots: number;
  };
  /** The URL; null where there is none. */
  readonly http: string | null;
}

/** How long a start waits for the store before it serves without one. */
const openMs = 5_000;
/** How long a stop waits for the store to take what is left. */
const drainMs = 5_000;

/**
 * The whole monitor: builds its parts and puts them together, starts them in order and stops the producers first.
 *
 * Start: the path is claimed, before anything is written that a second monitor would spoil; the store is opened and the fleet restored from it; worker; socket;
 * HTTP; sampler. A step that fails stops what was started before it, and `start` rejects with that step's error, whose message is for people.
 * Stop: socket, sampler and HTTP; then the worker, which stores what is left; then the store.
 */
export class Daemon {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  readonly #queue: MessageQueue;
  readonly #registry: Registry;
  readonly #writer: StoreWriter;
  readonly #worker: Worker;
  readonly #keeper: StoreKeeper;
  readonly #maintenance: Maintenance;
  readonly #probe: ProcessProbe;
  readonly #sampler: Sampler;
  readonly #firstProbe: FirstProbe;
  readonly #firstProcessProbe: ProcessProbe;
  readonly #feed: LiveFeed;
  readonly #listener: Listener;
  readonly #http: HttpServer | null;
  readonly #readiness: Readiness;
  readonly #problems: () => Health["problems"];
  #starting: Promise<StartReport> | null = null;
  #stopping: Promise<void> | null = null;

  /** Throws where what was asked for cannot be had here: `--probe proc` without /proc, several inherited sockets. */
  constructor(settings: Settings, { logger, clock = systemClock }: DaemonOptions) {
    this.#settings = settings;
    this.#logger = logger;
    this.#clock = clock;
    this.#startedAtMs = clock.wallMs();
    this.#startedMonotonicMs = clock.monotonicMs();
    const { maxBots, staleTimeoutMs } = settings;
    const turns = new Turns();
    const json = new FleetJson();
    const tokens = new TokenCounts();
    const losses = new ClientLosses();
    const store = () => this.#keeper.store;

    this.#queue = new MessageQueue({ maxRows: settings.queueLimit, maxBots });
    this.#writer = new StoreWriter({
      store,
      logger,
      onFailed: (error) => this.#keeper.failed(error),
      startedAtMs: this.#startedAtMs,
      producer: settings.name,
    });
    const recorder = new StoreRecorder(this.#writer);
    this.#registry = new Registry({ clock, logger, staleTimeoutMs, maxBots });
    this.#feed = new LiveFeed({ fleet: this.#registry, clock, logger, json, turns });
    this.#worker = new Worker({
      queue: this.#queue,
      registry: this.#registry,
      writer: this.#writer,
      usageListeners: [recorder, tokens],
      losses,
      clock,
      logger,
    });
    this.#keeper = new StoreKeeper({
      url: settings.store,
      retention: { metricsDays: settings.retentionDays, usageDays: settings.usageRetentionDays },
      clock,
      logger,
      onFirst: (opened) => this.#restore(opened),
      onReady: () => this.#writer.wake(),
      onFresh: () => {
        for (const bot of this.#registry.bots()) this.#writer.markBot(bot);
      },
    });
    this.#maintenance = new Maintenance({ store, logger });
    this.#probe = createProbe(settings.probe, clock);
    this.#firstProcessProbe = createProbe(settings.probe, clock);
    this.#firstProbe = new FirstProbe({ queue: this.#queue, probe: this.#firstProcessProbe, clock, logger });
    this.#registry.announceTo([recorder, this.#feed, this.#firstProbe, new FleetLog(logger)]);
    this.#sampler = new Sampler({
      ...{ fleet: this.#registry, queue: this.#queue, probe: this.#probe, clock, logger },
      intervalMs: settings.metricsIntervalMs,
    });
    this.#listener = new Listener({
      ...{
        socketPath: settings.socketPath,
        socketMode: settings.socketMode,
        socketGroup: settings.socketGroup,
      },
      ...{ queue: this.#queue, clock, logger },
      inheritedDescriptor: takeInheritedDescriptor(process.env, process.pid),
    });
    this.#readiness = new Readiness({ environment: process.env, logger });
    this.#problems = problemsOf({
      clock,
      counters: this.#queue.counters,
      sources: [() => this.#listener.problem(), () => this.#keeper.problem(), () => this.#probe.problem],
    });
    const metrics = new Metrics({
      fleet: this.#registry,
      lines: () => this.#listener.lines,
      queue: () => ({ ...this.#queue.counters, depth: this.#queue.depth }),
      store: () => this.#writer,
      tokens: () => tokens,
      clientDropped: () => losses,
      viewers: () => ({ open: this.#feed.viewers, dropped: this.#feed.dropped }),
      connections: () => this.#listener.connections,
      clock,
      turns,
    });
    this.#http =
      settings.http === null
        ? null
        : new HttpServer({
            ...{ address: settings.http, token: settings.httpToken, allowedHosts: settings.httpAllowedHosts },
            ...{ fleet: this.#registry, reads: store, health: () => this.health(), metrics },
            ...{ feed: this.#feed, json, turns, clock, logger },
          });
  }

  start(): Promise<StartReport> {
    this.#starting ??= this.#start().catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    return this.#starting;
  }

  /** Resolves when everything is stored and closed, after about 13 s at the latest (a store that takes nothing is waited for). May be called at any time and more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  health(): Health {
    const problems = this.#problems();
    const { committedRows, pendingRows } = this.#writer;
    const { received, processed, shed } = this.#queue.counters;
    const state = this.#keeper.store?.state();
    let committed = 0;
    for (const rows of Object.values(committedRows)) committed += rows;
    return {
      status: problems.length === 0 ? "ok" : "degraded",
      problems,
      version,
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      uptimeS: (this.#clock.monotonicMs() - this.#startedMonotonicMs) / 1_000,
      socket: this.#settings.socketPath,
      store: {
        url: this.#settings.store,
        status: state?.status ?? "opening",
        detail: state?.detail ?? this.#keeper.problem()?.detail ?? null,
        pendingRows,
        committedRows: committed,
      },
      bots: this.#registry.counts(),
      connections: this.#listener.connections,
      queueDepth: this.#queue.depth,
      lines: this.#listener.lines,
      messages: { received, processed, shed },
    };
  }

  async #start(): Promise<StartReport> {
    await this.#listener.claim();
    const open = await this.#keeper.open(openMs);
    const bots = this.#registry.size;
    await this.#worker.start();
    await this.#listener.start();
    await this.#feed.start();
    await this.#http?.start();
    await this.#sampler.start();
    await this.#firstProbe.start();
    await this.#maintenance.start();
    if (!open) this.#logger.warn("the store is not open yet: rows wait, and everything else works");
    void this.#readiness.notifyReady();
    const report: StartReport = {
      socketPath: this.#settings.socketPath,
      whoMayConnect: this.#listener.whoMayConnect(),
      store: { url: this.#settings.store, open, detail: this.#keeper.problem()?.detail ?? null, bots },
      http: this.#http?.address.url ?? null,
    };
    this.#logger.info(
      { socket: report.socketPath, store: report.store.url, http: report.http, bots },
      "started",
    );
    return report;
  }

  async #stop(): Promise<void> {
    void this.#readiness.notifyStopping();
    await this.#listener.stop();
    await Promise.all([
      this.#sampler.stop(),
      this.#firstProbe.stop(),
      this.#maintenance.stop(),
      this.#feed.stop(),
      this.#http?.stop(),
    ]);
    await this.#worker.stop(drainMs);
    await this.#keeper.close(drainMs);
    this.#probe.close();
    this.#firstProcessProbe.close();
    this.#logger.info("stopped");
  }

  /** Called once, before the store is written to: what it knows of the fleet, with one look at each process that may still be there. */
  async #restore(store: Store): Promise<void> {
    const rows = await store.fleet();
    const watched = rows.filter(({ status }) => status === "online" || status === "stale");
    const looks = await this.#probe
      .probe([...new Set(watched.map(({ pid }) => pid))])
      .catch((error: unknown) => {
        this.#logger.error(
          { err: error },
          "the processes could not be looked at; the recorded bots count as not visible",
        );
        return new Map<number, ProcessLook>();
      });
    const seen = new Map(
      watched.flatMap(({ channel, pid }) => {
        const look = looks.get(pid);
        return look === undefined ? [] : [[channel, look] as const];
      }),
    );
    this.#writer.amendGreetings(new Map(rows.map(({ channel, status }) => [channel, status])));
    this.#registry.restore(rows, seen);
  }
}
