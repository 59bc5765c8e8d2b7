import { openStore, type Store } from "@kissbot/store";
import { HostIncidents } from "./alerts/host-incidents.js";
import { type Clock, systemClock } from "./clock.js";
import type { LoadedSettings } from "./config/load-settings.js";
import type { Settings } from "./config/settings.js";
import { UsageError } from "./config/usage-error.js";
import { Reloading } from "./control/reloading.js";
import { CurrentPrices } from "./cost/current-prices.js";
import { whyUnpriced } from "./cost/unpriced-models.js";
import { builtPageFolder, PageFiles } from "./dashboard/page-files.js";
import { HubKeeper } from "./fleet/hub-keeper.js";
import { alertTermsOf, FleetAlerts, toldHostRules } from "./fleet-alerts.js";
import { episodeJson } from "./http/alert-json.js";
import { ApiError } from "./http/api-error.js";
import { FleetJson } from "./http/fleet-json.js";
import { FleetSummary } from "./http/fleet-summary.js";
import type { Health, Problem } from "./http/health.js";
import { HttpServer } from "./http/http-server.js";
import { hubSettingsOf } from "./hub-settings.js";
import { Readiness } from "./ingest/readiness.js";
import { LiveFeed } from "./live/live-feed.js";
import type { Logger } from "./logger.js";
import { LoopLag } from "./loop-lag.js";
import { HubMetrics } from "./metrics/hub-metrics.js";
import { MonitorPulse } from "./monitor-pulse.js";
import { createReceivers } from "./notices/create-receivers.js";
import { openPrices } from "./open-prices.js";
import { noBots } from "./registry/no-bots.js";
import { alertsPart } from "./reload-parts.js";
import { EventLoopTurns } from "./turns.js";
import { version } from "./version.js";
import { within } from "./within.js";
import { Maintenance } from "./worker/maintenance.js";
import { RunRecord } from "./worker/run-record.js";

export interface HubOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Reads the settings again for a reload. Without it the hub refuses to reload. */
  readonly readSettings?: () => Promise<LoadedSettings>;
  /** Folder of the built page; by default the one beside this program. */
  readonly pageFolder?: string;
}

/** Where a started hub is, and what it found. */
export interface HubReport {
  /** The URL; null where there is none. */
  readonly http: string | null;
  readonly fleet: {
    /** Without a password. */
    readonly url: string;
    readonly open: boolean;
    readonly detail: string | null;
    /** How many hosts there are. */
    readonly hosts: number;
  };
}

const none: readonly never[] = [];
const noBudgets = { isOver: () => false, passed: () => none, expected: () => none, about: () => none };
/** How long `stop` waits for one part. */
const stepMs = 2_000;
const noOwnBots = "a hub has no bots of its own: ask the monitor of the bot's host";

/**
 * The fleet of all hosts, without one of its own: no socket, no database file and no bots. It
 * serves the page and the API from the fleet database, and leads the hosts whenever nobody else
 * does. What it remembers of alerts is lost with it; how far the hosts' incidents were told stands
 * in the fleet database.
 *
 * The database may be away at any time, also at the start: that is a problem in `health`, and is
 * tried again by itself.
 */
export class Hub {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  readonly #keeper: HubKeeper;
  readonly #alerts: FleetAlerts;
  readonly #pulse: MonitorPulse;
  readonly #feed: LiveFeed;
  readonly #lag: LoopLag;
  readonly #page: PageFiles;
  readonly #http: HttpServer | null;
  readonly #readiness: Readiness;
  readonly #runRecord: RunRecord;
  readonly #maintenance: Maintenance;
  readonly #prices = new CurrentPrices(null);
  /** In memory: what this process did. */
  #store: Store | null = null;
  #starting: Promise<HubReport> | null = null;
  #stopping: Promise<void> | null = null;
  #brokenSinceMs: number | null = null;

  /** Throws a `UsageError` where no fleet database is set. */
  constructor(given: Settings, { logger, clock = systemClock, ...options }: HubOptions) {
    const settings = hubSettingsOf(given);
    const { fleet, displayName } = settings;
    if (fleet === null) throw new UsageError(["a hub needs a fleet database: give --fleet"]);
    this.#settings = settings;
    this.#logger = logger;
    this.#clock = clock;
    this.#startedAtMs = clock.wallMs();
    this.#startedMonotonicMs = clock.monotonicMs();
    const turns = new EventLoopTurns();
    const store = () => this.#store;
    const incidents = new HostIncidents();
    this.#keeper = new HubKeeper({
      fleet,
      name: displayName,
      mayLead: settings.mayLeadFleet,
      tells: toldHostRules(settings.alerts),
      incidents,
      turns,
      clock,
      logger,
    });
    const { hosts } = this.#keeper;
    const json = new FleetJson(clock, () => null);
    this.#lag = new LoopLag({ clock });
    this.#page = new PageFiles({ folder: options.pageFolder ?? builtPageFolder(), logger });
    const summary = new FleetSummary({
      fleet: noBots,
      health: () => this.health(),
      facts: () => ({
        build: this.#page.build,
        staleTimeoutMs: settings.staleTimeoutMs,
        metricsIntervalMs: settings.metricsIntervalMs,
        lag: this.#lag.ofMinute(),
        lostRows: 0,
        clientDropped: 0,
        viewers: this.#feed.viewers,
      }),
      hosts,
      turns,
      clock,
    });
    this.#feed = new LiveFeed({ fleet: noBots, clock, logger, json, summary, turns });
    this.#alerts = new FleetAlerts({
      fleet: noBots,
      store,
      clock,
      logger,
      turns,
      terms: alertTermsOf(settings.alerts),
      producer: settings.name,
      startedAtMs: this.#startedAtMs,
      sampleMs: settings.metricsIntervalMs,
      monitor: displayName,
      pageUrl: settings.publicUrl,
      createReceivers: () => createReceivers(settings.alerts),
      onFailed: (error) => logger.error({ err: error }, "what happened to alerts cannot be kept"),
      isBlind: () => false,
      problems: () => [],
      losses: () => ({ clientDropped: 0, shed: 0, lostRows: 0, rejectedLines: 0, lines: 0 }),
      wordsOn: () => null,
      expected: [],
      budgets: noBudgets,
      hosts: incidents,
    });
    const { desk } = this.#alerts;
    desk.onChange((alert) => {
      this.#feed.alertChanged(alert.alertId, () =>
        JSON.stringify(episodeJson(alert, desk.tellsOf(alert.alertId))),
      );
    });
    this.#readiness = new Readiness({ environment: process.env, logger });
    this.#pulse = new MonitorPulse({
      clock,
      logger,
      deadman: settings.alerts.deadman,
      environment: process.env,
      // No bot is judged here.
      worker: {
        get tickedMs() {
          return clock.monotonicMs();
        },
      },
      queue: { livenessDepth: 0, counters: { processed: {} } },
      desk,
      socketProblem: () => null,
      notifyAlive: () => this.#readiness.notifyAlive(),
    });
    this.#maintenance = new Maintenance({ store, clock, logger });
    const run = { producer: settings.name, startedAtMs: this.#startedAtMs };
    this.#runRecord = new RunRecord({ store, ...run, clock, logger });
    const { readSettings } = options;
    const reloads = new Reloading({
      settings,
      parts: [
        alertsPart({
          alerts: this.#alerts,
          pulse: this.#pulse,
          words: { expectedChannels: [] },
          running: settings.alerts,
          onApplied: (alerts) => void this.#keeper.setTells(toldHostRules(alerts)),
        }),
      ],
      logger,
      read:
        readSettings === undefined
          ? null
          : async () => {
              const loaded = await readSettings();
              return { ...loaded, settings: hubSettingsOf(loaded.settings) };
            },
    });
    const refused = async () => {
      throw new ApiError("conflict", noOwnBots);
    };
    const sources = {
      forgets: { one: refused, ended: refused },
      desk,
      reloads,
      reprices: { refusal: noOwnBots, repriceStep: refused },
      fleet: noBots,
      hosts,
      reads: store,
      health: () => this.health(),
      metrics: new HubMetrics({
        hosts: () => hosts.picture(),
        status: () => hosts.status,
        asOfMs: () => hosts.asOfMs,
        isLeader: () => this.#keeper.isLeader,
        problems: () => this.health().problems,
        alerts: () => this.#alerts.figures(),
        pings: () => this.#pulse.pings,
        viewers: () => ({ open: this.#feed.viewers, dropped: this.#feed.dropped }),
        clock,
      }),
      feed: this.#feed,
      summary,
      json,
      turns: turns.ofCallers,
      clock,
      page: this.#page,
      logger,
      alerts: desk,
      prices: this.#prices,
      budgets: { states: () => [] },
      principals: { states: () => [] },
      whyUnpriced: (model: string) => whyUnpriced(null, this.#prices.book, clock.wallMs())(model),
    };
    const { http: address, httpToken: token, httpWriteToken: writeToken } = settings;
    const tokens = { token, writeToken, allowedHosts: settings.httpAllowedHosts };
    this.#http = address === null ? null : new HttpServer({ ...sources, ...tokens, address });
  }

  /** Rejects where HTTP cannot be served, or a price is wrong; not for the database's sake. */
  start(): Promise<HubReport> {
    this.#starting ??= this.#start().catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    return this.#starting;
  }

  /** Resolves when everything is closed, after some seconds at the latest. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  health(): Health {
    const problems = this.#problems();
    const { url, status, detail, leader } = this.#keeper.health();
    const storeStatus = { connecting: "opening", reading: "ok", away: "busy", refused: "failed" } as const;
    return {
      status: problems.length === 0 ? "ok" : "degraded",
      problems,
      name: this.#settings.displayName,
      version,
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      uptimeS: (this.#clock.monotonicMs() - this.#startedMonotonicMs) / 1_000,
      socket: null,
      store: { url, status: storeStatus[status], detail, pendingRows: 0, committedRows: 0 },
      fleet: {
        url,
        status,
        detail,
        waitingRows: 0,
        sentRows: 0,
        lostRows: 0,
        lagS: 0,
        clockSkewS: null,
        isLeader: this.#keeper.isLeader,
        leader,
      },
      bots: noBots.counts(),
      connections: 0,
      queueDepth: 0,
      queue: { rows: 0, maxRows: 0, bytes: 0, maxBytes: 0 },
      lines: { lines: 0, rejected: {}, ignored: 0 },
      messages: { received: {}, processed: {}, shed: {} },
    };
  }

  #problems(): readonly Problem[] {
    const broken = this.#alerts.problem();
    this.#brokenSinceMs = broken === null ? null : (this.#brokenSinceMs ?? this.#clock.wallMs());
    const own = broken === null ? [] : [{ ...broken, sinceMs: this.#brokenSinceMs ?? 0 }];
    return [...this.#keeper.problems(), ...own];
  }

  async #start(): Promise<HubReport> {
    this.#prices.replaceBook((await openPrices({ ...this.#settings, store: "memory:" })).book);
    this.#store = await openStore("memory:");
    await this.#alerts.restore(this.#store);
    const parts = [this.#feed, this.#page, this.#http, this.#lag, this.#keeper];
    for (const part of [...parts, this.#alerts, this.#pulse, this.#runRecord, this.#maintenance]) {
      if (this.#stopping !== null) throw new Error("the hub was stopped before it had started");
      await part?.start();
    }
    void this.#readiness.notifyReady();
    const { url, status, detail } = this.#keeper.health();
    const hosts = this.#keeper.hosts.picture().hosts.length;
    return {
      http: this.#http?.address.url ?? null,
      fleet: { url, open: status === "reading", detail, hosts },
    };
  }

  async #stop(): Promise<void> {
    void this.#readiness.notifyStopping();
    const parts = [this.#alerts, this.#pulse, this.#feed, this.#http, this.#lag, this.#maintenance];
    await this.#stopPart("what serves", Promise.all(parts.map((part) => part?.stop())));
    await this.#stopPart("the record of this run", this.#runRecord.stop());
    await this.#alerts.log.finish(stepMs);
    await this.#keeper.stop();
    await this.#store?.close();
    this.#logger.info("stopped");
  }

  async #stopPart(what: string, stopping: Promise<unknown>): Promise<void> {
    if ((await within(stopping, stepMs)) === "late")
      this.#logger.error({ what }, "a part could not be stopped in time; it is left behind");
  }
}
