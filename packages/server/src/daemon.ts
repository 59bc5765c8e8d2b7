import { ownHostId } from "@kissbot/store/fleet";
import { HostIncidents } from "./alerts/host-incidents.js";
import { type Clock, systemClock } from "./clock.js";
import { BotWordBook } from "./config/bot-words.js";
import { retentionFrom } from "./config/kept-days.js";
import type { LoadedSettings } from "./config/load-settings.js";
import type { Settings } from "./config/settings.js";
import { controlPathOf } from "./config/socket-path.js";
import { storeFrom } from "./config/store-path.js";
import { ControlServer } from "./control/control-server.js";
import { Forgetting } from "./control/forgetting.js";
import { Reloading } from "./control/reloading.js";
import { BudgetKeeper } from "./cost/budget-keeper.js";
import { CurrentPrices } from "./cost/current-prices.js";
import type { PriceBook } from "./cost/price-book.js";
import { Pricer } from "./cost/pricer.js";
import { whyUnpriced } from "./cost/unpriced-models.js";
import { builtPageFolder, PageFiles } from "./dashboard/page-files.js";
import { FleetKeeper } from "./fleet/fleet-keeper.js";
import { HostsView, hostsStatusOf } from "./fleet/hosts-view.js";
import { alertTermsOf, FleetAlerts, toldHostRules } from "./fleet-alerts.js";
import { FleetRestoration } from "./fleet-restoration.js";
import { episodeJson } from "./http/alert-json.js";
import { FleetJson } from "./http/fleet-json.js";
import { FleetSummary } from "./http/fleet-summary.js";
import type { Health } from "./http/health.js";
import { HttpServer } from "./http/http-server.js";
import { takeInheritedSockets } from "./ingest/activation.js";
import { Listeners } from "./ingest/listeners.js";
import { Readiness } from "./ingest/readiness.js";
import { LiveFeed } from "./live/live-feed.js";
import type { Logger } from "./logger.js";
import { LoopLag } from "./loop-lag.js";
import { Metrics } from "./metrics/metrics.js";
import { MonitorPulse } from "./monitor-pulse.js";
import { createReceivers } from "./notices/create-receivers.js";
import { openPrices } from "./open-prices.js";
import { policiesOf } from "./principal-policies.js";
import { statesOf } from "./principal-states.js";
import { Principals } from "./principals/principals.js";
import { lossesOf, problemsOf } from "./problems.js";
import { MessageQueue } from "./queue/message-queue.js";
import * as cause from "./registry/cause.js";
import { featureBytesOfHeap } from "./registry/feature-budget.js";
import { Registry } from "./registry/registry.js";
import { alertsPart, budgetsPart, listenersPart, pricesPart, wordsPart } from "./reload-parts.js";
import { createProbe } from "./sampling/create-probe.js";
import { EndedProcessLooks } from "./sampling/ended-process-looks.js";
import { FirstProbe } from "./sampling/first-probe.js";
import { OwnProcesses } from "./sampling/own-processes.js";
import { ProcessGlance } from "./sampling/process-glance.js";
import type { ProcessProbe } from "./sampling/process-probe.js";
import { Sampler } from "./sampling/sampler.js";
import type { StartReport } from "./start-report.js";
import { EventLoopTurns } from "./turns.js";
import { version } from "./version.js";
import { within } from "./within.js";
import { ClientLosses } from "./worker/client-losses.js";
import { FleetLog } from "./worker/fleet-log.js";
import { LatencyCounts } from "./worker/latency-counts.js";
import { Maintenance } from "./worker/maintenance.js";
import { MinuteLog } from "./worker/minute-log.js";
import { RunRecord } from "./worker/run-record.js";
import { StoreKeeper } from "./worker/store-keeper.js";
import { StoreRecorder } from "./worker/store-recorder.js";
import { StoreWriter } from "./worker/store-writer.js";
import { UsageCounts } from "./worker/usage-counts.js";
import { UsageRepricing } from "./worker/usage-repricing.js";
import { Worker } from "./worker/worker.js";

export interface DaemonOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Reads the settings again for a reload. Without it the monitor refuses to reload. */
  readonly readSettings?: () => Promise<LoadedSettings>;
  /** Folder of the built page; by default the one beside this program. */
  readonly pageFolder?: string;
  /** What calls cost; by default `start` reads it. */
  readonly prices?: PriceBook;
}

/** How long `start` waits for the store. After that the monitor runs, and rows wait in memory. */
const openMs = 5_000;
/** How long `stop` waits for the store to take the last rows. */
const drainMs = 5_000;
/** How long `stop` then waits for the store to close. */
const closeMs = 2_500;
/** How long `stop` waits for one part. A part that hangs must not cost the last rows. */
const stepMs = 2_000;

/**
 * Builds the parts of the monitor, connects them, and starts and stops them in order.
 *
 * Start:
 *
 * 1. Claim the socket path, before anything is written that a second monitor could corrupt.
 * 2. Read the prices. Open the store, and restore the fleet from it.
 * 3. Start the worker, then the socket.
 * 4. Start what serves readers: live feed, page, HTTP, control socket.
 * 5. Start what runs on timers, from the sampler on, and the thread that sends to the database of
 *    several hosts.
 *
 * If a step fails, `start` stops the parts before it and rejects with the error of that step. Its
 * message is for people.
 *
 * Stop: the socket; the parts of 4 and 5; the worker, which stores the last rows; the thread that
 * sends them; the store.
 */
export class Daemon {
  readonly #prices: CurrentPrices;
  readonly #settings: Settings;
  /** Absolute, since people read it in other working directories. */
  readonly #storeUrl: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  readonly #queue: MessageQueue;
  readonly #registry: Registry;
  readonly #writer: StoreWriter;
  readonly #worker: Worker;
  readonly #keeper: StoreKeeper;
  readonly #alerts: FleetAlerts;
  readonly #budgets: BudgetKeeper;
  readonly #pulse: MonitorPulse;
  readonly #maintenance: Maintenance;
  readonly #runRecord: RunRecord;
  readonly #samplerProbe: ProcessProbe;
  readonly #sampler: Sampler;
  readonly #firstProbe: FirstProbe;
  readonly #newcomerProbe: ProcessProbe;
  readonly #endedLooks: EndedProcessLooks;
  readonly #endedProbe: ProcessProbe;
  readonly #fleetLog: FleetLog;
  readonly #minuteLog: MinuteLog;
  readonly #feed: LiveFeed;
  readonly #lag: LoopLag;
  readonly #listeners: Listeners;
  readonly #page: PageFiles;
  readonly #http: HttpServer | null;
  readonly #control: ControlServer;
  readonly #fleetKeeper: FleetKeeper | null;
  readonly #hosts: HostsView | null;
  readonly #forgetting: Forgetting;
  readonly #readiness: Readiness;
  readonly #problems: () => Health["problems"];
  /** What `start` returns. After a failure it waits for `stop`, then rejects. */
  #starting: Promise<StartReport> | null = null;
  /** The start alone. `stop` waits for this one: `#starting` may be waiting for `stop`. */
  #startSteps: Promise<StartReport> | null = null;
  #hasStarted = false;
  #stopping: Promise<void> | null = null;

  /**
   * Throws if the settings ask for something that this system lacks, such as `--probe proc` without
   * /proc, or if the process inherited several sockets.
   */
  constructor(settings: Settings, { logger, clock = systemClock, ...options }: DaemonOptions) {
    // An arrow below may name a part that is made further down: such an arrow runs after `start`.
    this.#settings = settings;
    this.#prices = new CurrentPrices(options.prices ?? null);
    this.#storeUrl = storeFrom(settings.store, { workingDirectory: process.cwd() }) ?? settings.store;
    this.#logger = logger;
    this.#clock = clock;
    this.#startedAtMs = clock.wallMs();
    this.#startedMonotonicMs = clock.monotonicMs();
    const { maxBots, staleTimeoutMs, socketPath, socketMode, socketGroup } = settings;
    const maxFeatureBytes = featureBytesOfHeap();
    const turns = new EventLoopTurns();
    const words = new BotWordBook(settings.bots);
    const json = new FleetJson(clock, (channel) => words.wordsOn(channel));
    const glance = new ProcessGlance({ clock });
    const pricer = new Pricer({ book: () => this.#prices.book, nowMs: () => clock.wallMs() });
    const latencyCounts = new LatencyCounts();
    const usageCounts = new UsageCounts((priceId) => pricer.applied.sourceOf(priceId));
    const clientLosses = new ClientLosses({ maxKnown: maxBots });
    const principals = new Principals({ policies: policiesOf(settings.listeners), clock, logger });
    const store = () => this.#keeper.store;

    this.#queue = new MessageQueue({
      maxRows: settings.queueLimit,
      maxRowBytes: settings.queueBytes,
      maxBots,
      isKnown: (channel) => this.#registry.get(channel) !== undefined,
    });
    this.#writer = new StoreWriter({
      store,
      logger,
      onFailed: (error) => this.#keeper.failed(error),
      pricesOf: (rows) => pricer.applied.recordsOf(rows),
      startedAtMs: this.#startedAtMs,
      producer: settings.name,
    });
    const recorder = new StoreRecorder(this.#writer);
    this.#registry = new Registry({
      clock,
      logger,
      staleTimeoutMs,
      maxBots,
      maxFeatureBytes,
      glance: (pid) => glance.look(pid),
      ownerOf: (channel) => principals.likelyOwnerOf(channel),
      everybody: principals.local,
    });
    const ownProcesses = new OwnProcesses({
      queue: this.#queue,
      fleet: this.#registry,
      ownUidOf: (name) => principals.ownUidOf(name),
    });
    const { fleet } = settings;
    const hostIncidents = new HostIncidents({ isInFleet: fleet !== null });
    this.#fleetKeeper =
      fleet === null
        ? null
        : new FleetKeeper({
            fleet,
            store: this.#storeUrl,
            name: settings.displayName,
            rowsPerSecond: settings.fleetRowsPerSecond,
            metrics: settings.fleetMetrics,
            mostAgeMs: settings.fleetMostAgeMs,
            mayLead: settings.mayLeadFleet,
            tells: toldHostRules(settings.alerts),
            incidents: hostIncidents,
            clock,
            logger,
          });
    const keeper = this.#fleetKeeper;
    this.#hosts =
      keeper === null
        ? null
        : new HostsView({
            openReader: () => keeper.openReader(),
            senderStatus: () => hostsStatusOf(keeper.health().status),
            own: { name: settings.displayName, readHostId: () => ownHostId(this.#storeUrl) },
            ownBot: (channel) => this.#registry.get(channel),
            turns,
            clock,
          });
    this.#lag = new LoopLag({ clock });
    this.#page = new PageFiles({ folder: options.pageFolder ?? builtPageFolder(), logger });
    const summary = new FleetSummary({
      fleet: this.#registry,
      health: () => this.health(),
      facts: () => ({
        build: this.#page.build,
        staleTimeoutMs,
        metricsIntervalMs: settings.metricsIntervalMs,
        lag: this.#lag.ofMinute(),
        lostRows: sumOf(Object.values(this.#writer.lostRows)),
        clientDropped: sumOf(Array.from(clientLosses, ({ dropped }) => dropped)),
        viewers: this.#feed.viewers,
      }),
      hosts: this.#hosts,
      turns,
      clock,
    });
    this.#feed = new LiveFeed({ fleet: this.#registry, clock, logger, json, summary, turns });
    this.#budgets = new BudgetKeeper({
      budgets: settings.budgets,
      store,
      turns,
      clock,
      logger,
      gate: { close: () => this.#worker.holdUsage(), open: () => this.#worker.releaseUsage() },
    });
    this.#worker = new Worker({
      queue: this.#queue,
      registry: this.#registry,
      writer: this.#writer,
      // The pricer comes first: it writes the cost into the rows that the others read.
      usageListeners: [
        pricer,
        recorder,
        usageCounts,
        latencyCounts,
        this.#budgets.meter,
        { listenerName: "alerts", usageReceived: (usage) => this.#alerts.desk.usageReceived(usage) },
      ],
      metricListener: (channel, metric, value) => this.#alerts.desk.metricReceived(channel, metric, value),
      losses: clientLosses,
      clock,
      logger,
    });
    this.#keeper = new StoreKeeper({
      url: this.#storeUrl,
      retention: retentionFrom(settings),
      clock,
      logger,
      onFirst: async (opened) => {
        await restoration.restore(opened);
        await this.#alerts.restore(opened);
      },
      onReady: () => {
        this.#writer.wake();
        this.#alerts.log.wake();
      },
      onFresh: () => {
        for (const bot of this.#registry.bots()) this.#writer.remarkBot(bot);
        this.#alerts.desk.recordAll();
      },
    });
    this.#alerts = new FleetAlerts({
      fleet: this.#registry,
      store,
      clock,
      logger,
      turns,
      terms: alertTermsOf(settings.alerts),
      producer: settings.name,
      startedAtMs: this.#startedAtMs,
      sampleMs: settings.metricsIntervalMs,
      monitor: settings.displayName,
      pageUrl: settings.publicUrl,
      createReceivers: () => createReceivers(settings.alerts),
      onFailed: (error) => this.#keeper.failed(error),
      isBlind: (principal) => this.#listeners.isDeafTo(principal),
      problems: () => this.#problems(),
      losses: () => ({
        clientDropped: clientLosses.total,
        shed: sumOf(lossesOf(this.#queue.counters).map(({ messages }) => messages)),
        lostRows: sumOf(Object.values(this.#writer.lostRows)),
        rejectedLines: sumOf(Object.values(this.#listeners.lines.rejected)),
        lines: this.#listeners.lines.lines,
      }),
      wordsOn: (channel) => words.wordsOn(channel),
      expected: words.expectedChannels,
      budgets: this.#budgets.standings,
      hosts: hostIncidents,
    });
    const { desk } = this.#alerts;
    desk.onChange((alert) => {
      this.#feed.alertChanged(alert.alertId, () =>
        JSON.stringify(episodeJson(alert, desk.tellsOf(alert.alertId))),
      );
    });
    this.#maintenance = new Maintenance({ store, clock, logger });
    this.#runRecord = new RunRecord({
      store,
      producer: settings.name,
      startedAtMs: this.#startedAtMs,
      clock,
      logger,
    });
    // One probe for each user: a probe forgets every process that a round does not ask for.
    this.#samplerProbe = createProbe(settings.probe, clock);
    this.#newcomerProbe = createProbe(settings.probe, clock);
    this.#firstProbe = new FirstProbe({ queue: ownProcesses, probe: this.#newcomerProbe, clock, logger });
    this.#endedProbe = createProbe(settings.probe, clock);
    this.#endedLooks = new EndedProcessLooks({
      queue: ownProcesses,
      probe: this.#endedProbe,
      clock,
      logger,
    });
    const restoration = new FleetRestoration({
      registry: this.#registry,
      probe: this.#samplerProbe,
      isOwn: (channel, pid) => {
        const uid = principals.likelyOwnerOf(channel).policy.ownUid;
        return uid === null || ownProcesses.isOf(pid, uid);
      },
      writer: this.#writer,
      clock,
      logger,
    });
    this.#fleetLog = new FleetLog({ clock, logger });
    this.#registry.announceTo([
      recorder,
      this.#feed,
      this.#firstProbe,
      this.#endedLooks,
      this.#fleetLog,
      usageCounts,
      clientLosses,
      this.#alerts.desk,
    ]);
    this.#minuteLog = new MinuteLog({
      logger,
      queue: this.#queue,
      rejected: () => sumOf(Object.values(this.#listeners.lines.rejected)),
      clientDropped: () => clientLosses.total,
      pendingRows: () => this.#writer.pendingRows,
      bots: () => this.#registry.counts(),
    });
    this.#sampler = new Sampler({
      fleet: this.#registry,
      queue: ownProcesses,
      probe: this.#samplerProbe,
      clock,
      logger,
      intervalMs: settings.metricsIntervalMs,
    });
    this.#listeners = new Listeners({
      local: { principal: "local", socketPath, socketMode, socketGroup, socketOwner: null },
      others: settings.listeners,
      principals,
      queue: this.#queue,
      clock,
      logger,
      inherited: takeInheritedSockets(process.env, process.pid, settings.listeners),
    });
    this.#readiness = new Readiness({ environment: process.env, logger });
    this.#pulse = new MonitorPulse({
      clock,
      logger,
      deadman: settings.alerts.deadman,
      environment: process.env,
      queue: this.#queue,
      worker: this.#worker,
      desk: this.#alerts.desk,
      socketProblem: () => this.#listeners.problem(),
      notifyAlive: () => this.#readiness.notifyAlive(),
    });
    this.#problems = problemsOf({
      clock,
      counters: this.#queue.counters,
      sources: [
        () => this.#listeners.problems(),
        () => this.#control.problem(),
        ...this.#keeper.problems,
        () => this.#maintenance.problem(),
        () => this.#samplerProbe.problem,
        () => this.#alerts.problem(),
      ],
    });
    const metrics = new Metrics({
      fleet: this.#registry,
      lines: () => this.#listeners.lines,
      queue: () => ({ ...this.#queue.counters, depth: this.#queue.depth }),
      store: () => this.#writer,
      usage: () => usageCounts,
      latencies: () => latencyCounts,
      unpriced: () => pricer.unpriced,
      clientDropped: () => clientLosses,
      viewers: () => ({ open: this.#feed.viewers, dropped: this.#feed.dropped }),
      connections: () => this.#listeners.connections,
      principals: () => principals,
      alerts: () => this.#alerts.figures(),
      pings: () => this.#pulse.pings,
      fleetDatabase: () => this.#fleetKeeper?.figures() ?? null,
      problems: () => this.#problems(),
      clock,
      turns: turns.ofCallers,
    });
    this.#forgetting = new Forgetting({
      fleet: this.#registry,
      turns,
      clock,
      logger,
      afterMs: settings.forgetAfterMs,
      forget: (channel, reason) => this.#registry.forget(channel, cause.forgottenFor(reason)),
      stored: () => this.#writer.recordsStored(),
    });
    // The operator's words come before the alerts, whose rules read them.
    const parts = [
      wordsPart({ words, json, fleet: this.#registry, feed: this.#feed }),
      alertsPart({
        alerts: this.#alerts,
        pulse: this.#pulse,
        words,
        running: settings.alerts,
        onApplied: (alerts) => this.#fleetKeeper?.setTells(toldHostRules(alerts)),
      }),
      pricesPart({ prices: this.#prices, store: settings.store }),
      budgetsPart(this.#budgets),
      listenersPart({ listeners: this.#listeners, principals, running: settings }),
    ];
    const { readSettings } = options;
    // A reload waits for the end of the start, which still hands out the first settings.
    const readAfterStart = async (readAgain: NonNullable<typeof readSettings>) => {
      await this.#startSteps;
      return await readAgain();
    };
    const reloads = new Reloading({
      settings,
      parts,
      logger,
      read: readSettings === undefined ? null : () => readAfterStart(readSettings),
    });
    const reprices = new UsageRepricing({
      store,
      book: () => this.#prices.book,
      nowMs: () => clock.wallMs(),
      applied: pricer.applied,
      producer: settings.name,
      startedAtMs: this.#startedAtMs,
      logger,
      isShared: this.#fleetKeeper !== null,
      onStored: () => this.#budgets.costsChanged(),
    });
    const sources = {
      forgets: this.#forgetting,
      desk: this.#alerts.desk,
      reloads,
      reprices,
      fleet: this.#registry,
      hosts: this.#hosts,
      reads: store,
      health: () => this.health(),
      metrics,
      feed: this.#feed,
      summary,
      json,
      turns: turns.ofCallers,
      clock,
      page: this.#page,
      logger,
      alerts: this.#alerts.desk,
      prices: this.#prices,
      budgets: this.#budgets.standings,
      principals: { states: () => statesOf(principals, this.#listeners) },
      whyUnpriced: (model: string) => whyUnpriced(pricer.unpriced, this.#prices.book, clock.wallMs())(model),
      samplesStored: () => this.#writer.samplesStored(),
    };
    // The commands tell of this monitor's own bots, unless they ask for all.
    const local = { ...sources, defaultScope: "local" as const };
    this.#control = new ControlServer({ ...local, path: () => controlPathOf(this.#listeners.socketPath) });
    const { http: address, httpToken: token, httpWriteToken: writeToken } = settings;
    const tokens = { token, writeToken, allowedHosts: settings.httpAllowedHosts };
    this.#http = address === null ? null : new HttpServer({ ...sources, ...tokens, address });
  }

  start(): Promise<StartReport> {
    if (this.#starting !== null) return this.#starting;
    this.#startSteps = this.#start();
    const starting = this.#startSteps.catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    this.#starting = starting;
    return starting;
  }

  /**
   * Resolves when everything is stored and closed, after about 13 s at the latest: a part that
   * hangs is left behind, and a store that takes no rows has 5 s. May be called at any time and
   * more than once. A start under way then rejects.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  health(): Health {
    const problems = this.#problems();
    const { committedRows, pendingRows } = this.#writer;
    const { received, processed, shed } = this.#queue.counters;
    const state = this.#keeper.store?.state();
    return {
      // What is wrong with the fleet database is shown, and no fault of this monitor.
      status: problems.length === 0 ? "ok" : "degraded",
      problems: [...problems, ...(this.#fleetKeeper?.problems() ?? [])],
      name: this.#settings.displayName,
      version,
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      uptimeS: (this.#clock.monotonicMs() - this.#startedMonotonicMs) / 1_000,
      socket: this.#listeners.socketPath,
      store: {
        url: this.#storeUrl,
        status: state?.status ?? "opening",
        detail: state?.detail ?? this.#keeper.problem()?.detail ?? null,
        pendingRows,
        committedRows: sumOf(Object.values(committedRows)),
      },
      fleet: this.#fleetKeeper?.health() ?? null,
      bots: this.#registry.counts(),
      connections: this.#listeners.connections,
      queueDepth: this.#queue.depth,
      queue: this.#queue.rowRoom,
      lines: this.#listeners.lines,
      messages: { received, processed, shed },
    };
  }

  async #start(): Promise<StartReport> {
    await this.#listeners.claim();
    if (this.#prices.book === null) this.#prices.replaceBook((await openPrices(this.#settings)).book);
    const open = await this.#keeper.open(openMs);
    const bots = this.#registry.size;
    const onTimers = [
      this.#sampler,
      this.#firstProbe,
      this.#endedLooks,
      this.#maintenance,
      this.#lag,
      this.#forgetting,
      this.#runRecord,
      this.#budgets,
      this.#alerts,
      this.#pulse,
      this.#fleetKeeper,
    ];
    const servers = [this.#http, this.#control];
    for (const part of [this.#worker, this.#listeners, this.#feed, this.#page, ...servers, ...onTimers]) {
      if (this.#stopping !== null) throw new Error("the monitor was stopped before it had started");
      await part?.start();
    }
    this.#hasStarted = true;
    this.#minuteLog.start();
    if (!open) this.#logger.warn("the database is not open yet: rows wait in memory, everything else works");
    void this.#readiness.notifyReady();
    return {
      socketPath: this.#listeners.socketPath,
      whoMayConnect: this.#listeners.whoMayConnect(),
      listeners: this.#listeners.others(),
      store: { url: this.#storeUrl, open, detail: this.#keeper.problem()?.detail ?? null, bots },
      http: this.#http?.address.url ?? null,
    };
  }

  async #stop(): Promise<void> {
    void this.#readiness.notifyStopping();
    this.#hosts?.stop();
    // A start under way sees `#stopping` before its next part, and rejects. Until then it must not
    // wait for a store.
    if (!this.#hasStarted) this.#keeper.stopOpening();
    if (this.#startSteps !== null)
      await within(
        this.#startSteps.catch(() => undefined),
        stepMs,
      );
    await this.#stopPart("the socket", this.#listeners.stop());
    await this.#stopPart(
      "the producers",
      Promise.all([
        this.#sampler.stop(),
        this.#firstProbe.stop(),
        this.#endedLooks.stop(),
        this.#maintenance.stop(),
        this.#lag.stop(),
        this.#forgetting.stop(),
        this.#budgets.stop(),
        this.#alerts.stop(),
        this.#pulse.stop(),
        this.#feed.stop(),
        this.#http?.stop(),
        this.#control.stop(),
      ]),
    );
    await Promise.all([
      this.#worker.stop(drainMs),
      this.#alerts.log.finish(drainMs),
      this.#stopPart("the record of this run", this.#runRecord.stop()),
    ]);
    this.#fleetLog.stop();
    this.#minuteLog.stop();
    await this.#fleetKeeper?.stop();
    await this.#keeper.close(closeMs);
    this.#samplerProbe.close();
    this.#newcomerProbe.close();
    this.#endedProbe.close();
    if (this.#hasStarted) this.#logger.info("stopped");
  }

  async #stopPart(what: string, stopping: Promise<unknown>): Promise<void> {
    if ((await within(stopping, stepMs)) === "late")
      this.#logger.error({ what }, "a part could not be stopped in time; it is left behind");
  }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
