import type { StoredNotice, StoredSilence } from "../alert.js";
import {
  type AlertHistory,
  type AlertQuery,
  type NoticeQuery,
  type OpenAlerts,
  planAlerts,
  planNotices,
  planSilences,
  type SilenceQuery,
} from "../alert-query.js";
import type { Batch, WriteOutcome } from "../batch.js";
import { type FleetPage, type FleetPageQuery, planFleetPage, type StoredBot } from "../bot.js";
import { type ChannelSummary, planSummary, type SummaryQuery } from "../channel-summary.js";
import { StoreError } from "../error.js";
import { customFromColumns, fleetFromColumns, seriesFromColumns } from "../metric-columns.js";
import { type MetricNames, type MetricNamesQuery, planMetricNames } from "../metric-names.js";
import {
  type CustomSeries,
  type CustomSeriesQuery,
  type FleetSeries,
  type FleetSeriesQuery,
  type MetricSeries,
  type MetricSeriesQuery,
  planCustomSeries,
  planFleetSeries,
  planMetricSeries,
} from "../metric-series.js";
import { packBatch } from "../packed-batch.js";
import { type Period, periodOf } from "../period.js";
import type { StoredPrice } from "../price.js";
import { planRuns, type RunsQuery, type StoredRun } from "../run.js";
import type { Capabilities, HeldSnapshot, StoreEvent, StoreState } from "../state.js";
import { planHistory, type StatusHistoryQuery, type StoredStatusChange } from "../status-change.js";
import type { BackupOptions, BackupReport, MaintenanceReport, Store } from "../store.js";
import type { StoreSettings } from "../store-options.js";
import { planUsagePage, type UsagePage, type UsagePageQuery } from "../usage-page.js";
import { planUsage, type UsageList, type UsageQuery, type UsageTotal, widened } from "../usage-totals.js";
import { holdOpen, prepareDatabaseFile } from "./file/database-file.js";
import { settled } from "./file/settled.js";
import { usageListFrom } from "./read/packed-usage.js";
import { Failures } from "./thread/failures.js";
import { assertReadable } from "./thread/readable.js";
import { ReaderPool } from "./thread/reader-pool.js";
import { StoreReads } from "./thread/store-reads.js";
import { WriterClient } from "./thread/writer-client.js";

/** How long readers have at least to end, whoever is in a hurry: an idle one takes a moment. */
const closeReadersMs = 250;

/**
 * How many changes of status are taken from a reader in one go: ten thousand would hold the
 * caller's thread for 20 ms (measured).
 */
const changesAtOnce = 500;

/**
 * Opens the file in the writer's thread, then starts a reader. Nothing of SQLite runs on the
 * caller's thread.
 */
export async function openSqliteStore(path: string, settings: StoreSettings): Promise<Store> {
  const store = new SqliteStore(path, settings);
  await store.open();
  return store;
}

/**
 * The main thread's side: checks questions and batches, passes them on, and turns the answers into
 * objects. It holds no connection, so no call waits for a disk or a lock.
 */
class SqliteStore implements Store {
  readonly capabilities: Capabilities = { durable: true, backup: true };
  readonly #settings: StoreSettings;
  /** Null before it is opened, and where the store only reads. */
  #writer: WriterClient | null = null;
  readonly #readers: ReaderPool;
  readonly #path: string;
  readonly #failures: Failures;
  readonly #reads: StoreReads;
  #letGo: () => void = () => undefined;
  #sinceMs: number;
  #closing: Promise<void> | null = null;

  constructor(path: string, settings: StoreSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#sinceMs = settings.now();
    this.#readers = new ReaderPool({ path });
    this.#failures = new Failures(settings.onEvent, settings.now);
    this.#reads = new StoreReads({
      readers: this.#readers,
      failures: this.#failures,
      inspect: async () => (await this.#writer?.inspect()) ?? "sound",
    });
  }

  async open(): Promise<void> {
    try {
      await this.#unlessGivenUp(this.#openThreads());
    } catch (error) {
      this.#closing = Promise.resolve();
      this.#writer?.abandon();
      await this.#readers.close(closeReadersMs);
      this.#letGo();
      throw error;
    }
  }

  async #openThreads(): Promise<void> {
    const { settings, path } = { settings: this.#settings, path: this.#path };
    if (settings.settleMs > 0) await settled(path, settings);
    await prepareDatabaseFile(path, settings.readOnly);
    this.#letGo = await holdOpen(path);
    if (this.#closing !== null) return this.#letGo();
    if (!settings.readOnly) {
      this.#writer = this.#startWriter();
      await this.#writer.opened();
    }
    if (this.#closing !== null) return;
    await this.#readers.start();
    if (settings.readOnly) await assertReadable(this.#readers, path);
  }

  #startWriter(): WriterClient {
    const { openTimeoutMs, busyTimeoutMs, maxWalBytes, exclusive, retention } = this.#settings;
    const setup = { path: this.#path, openTimeoutMs, busyTimeoutMs, maxWalBytes, exclusive, retention };
    return new WriterClient(setup, {
      onEvent: (event) => this.#pass(event),
      onChores: (failure) => {
        // A full disk is the writer's status, and is over as soon as there is room: the next round
        // comes much later.
        if (failure === null || failure.code === "disk_full") this.#failures.clear("maintain");
        else this.#failures.note("maintain", failure);
      },
    });
  }

  async #unlessGivenUp(opening: Promise<void>): Promise<void> {
    const { signal } = this.#settings;
    if (signal === null) return await opening;
    const error = new StoreError("closed", "the store was closed before it was open");
    let onAbort: () => void = () => undefined;
    const givenUp = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(error);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
    try {
      await Promise.race([opening, givenUp]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      opening.catch(() => undefined);
    }
  }

  async write(batch: Batch): Promise<WriteOutcome> {
    const writer = this.#writing();
    const packed = packBatch(batch);
    const { maxPendingRows } = this.#settings;
    if (writer.pendingRows > 0 && writer.pendingRows + packed.rows > maxPendingRows) {
      throw new StoreError(
        "overloaded",
        `${writer.pendingRows} rows wait to be committed, and ${maxPendingRows} may`,
      );
    }
    return await writer.writeBatch(packed);
  }

  async fleet(): Promise<readonly StoredBot[]> {
    this.#assertOpen();
    return await this.#reads.ask("fleet", null);
  }

  async fleetPage(query: FleetPageQuery): Promise<FleetPage> {
    this.#assertOpen();
    return await this.#reads.ask("fleetPage", planFleetPage(query));
  }

  async statusHistory(query: StatusHistoryQuery = {}): Promise<readonly StoredStatusChange[]> {
    this.#assertOpen();
    let plan = planHistory(query);
    const changes: StoredStatusChange[] = [];
    for (;;) {
      const limit = Math.min(plan.limit, changesAtOnce);
      const found = await this.#reads.ask("statusHistory", { ...plan, limit });
      for (const change of found) changes.push(change);
      const last = found.at(-1);
      if (last === undefined || found.length < limit || plan.limit === limit) return changes;
      plan = { ...plan, beforeId: last.id, limit: plan.limit - limit };
    }
  }

  async metricSeries(query: MetricSeriesQuery): Promise<MetricSeries> {
    this.#assertOpen();
    const plan = planMetricSeries(query, this.#settings.now(), this.#settings.retention);
    return seriesFromColumns(plan.grid, await this.#reads.ask("metricSeries", plan));
  }

  async fleetSeries(query: FleetSeriesQuery): Promise<FleetSeries> {
    this.#assertOpen();
    const grid = planFleetSeries(query, this.#settings.now(), this.#settings.retention);
    return fleetFromColumns(grid, await this.#reads.ask("fleetSeries", grid));
  }

  async customSeries(query: CustomSeriesQuery): Promise<CustomSeries> {
    this.#assertOpen();
    const plan = planCustomSeries(query);
    return customFromColumns(plan.grid, await this.#reads.ask("customSeries", plan));
  }

  async metricNames(query: MetricNamesQuery): Promise<MetricNames> {
    this.#assertOpen();
    return await this.#reads.ask("metricNames", planMetricNames(query));
  }

  async runs(query: RunsQuery = {}): Promise<readonly StoredRun[]> {
    this.#assertOpen();
    return await this.#reads.ask("runs", planRuns(query));
  }

  async openAlerts(): Promise<OpenAlerts> {
    this.#assertOpen();
    return await this.#reads.ask("openAlerts", null);
  }

  async alertHistory(query: AlertQuery = {}): Promise<AlertHistory> {
    this.#assertOpen();
    return await this.#reads.ask("alertHistory", planAlerts(query));
  }

  async notices(query: NoticeQuery = {}): Promise<readonly StoredNotice[]> {
    this.#assertOpen();
    return await this.#reads.ask("notices", planNotices(query));
  }

  async silences(query: SilenceQuery = {}): Promise<readonly StoredSilence[]> {
    this.#assertOpen();
    return await this.#reads.ask("silences", planSilences(query));
  }

  async facts(): Promise<ReadonlyMap<string, string>> {
    this.#assertOpen();
    return new Map(await this.#reads.ask("facts", null));
  }

  async prices(): Promise<readonly StoredPrice[]> {
    this.#assertOpen();
    return await this.#reads.ask("prices", null);
  }

  async usageTotals(query: UsageQuery): Promise<readonly UsageTotal[]> {
    return [...(await this.usageList(query))];
  }

  async usageList(query: UsageQuery): Promise<UsageList> {
    this.#assertOpen();
    const { now, retention } = this.#settings;
    const plan = planUsage(query, now(), retention.usageDays);
    return usageListFrom(await this.#reads.ask("usageTotals", plan));
  }

  async usagePage(query: UsagePageQuery): Promise<UsagePage> {
    this.#assertOpen();
    return await this.#reads.ask("usagePage", planUsagePage(query));
  }

  usagePeriod(period: Period): Period {
    const { now, retention } = this.#settings;
    return widened(periodOf(period), now(), retention.usageDays);
  }

  async channelSummary(query: SummaryQuery): Promise<readonly ChannelSummary[]> {
    this.#assertOpen();
    const { now, retention } = this.#settings;
    return await this.#reads.ask("channelSummary", planSummary(query, now(), retention));
  }

  async maintain(): Promise<MaintenanceReport> {
    return await this.#writing().maintain(this.#settings.now());
  }

  async backup(path: string, { force = false }: BackupOptions = {}): Promise<BackupReport> {
    this.#assertOpen();
    if (typeof path !== "string" || path === "" || path.includes("\0")) {
      throw new StoreError("invalid_path", "a backup needs the path of a file");
    }
    try {
      return await this.#reads.ask("backup", { path, force });
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "corrupt") throw error;
      throw new StoreError("backup_failed", error.message, { cause: error });
    }
  }

  state(): StoreState {
    const closed = this.#closing !== null;
    const health = this.#writer?.health;
    return {
      status: closed ? "closed" : (health?.status ?? "ok"),
      sinceMs: this.#sinceMs,
      detail: closed ? null : (health?.detail ?? null),
      pendingBatches: this.#writer?.pendingBatches ?? 0,
      pendingRows: this.#writer?.pendingRows ?? 0,
      committedRows: this.#writer?.committedRows ?? 0,
      walBytes: health?.walBytes ?? null,
      heldSnapshot: health?.heldSnapshot ? this.#named(health.heldSnapshot) : null,
      failures: this.#failures.list(),
    };
  }

  close({ drainMs = 5_000 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Readers first: the last connection that closes plays the log into the file, and a reader may
   * not write.
   */
  async #close(drainMs: number): Promise<void> {
    this.#sinceMs = this.#settings.now();
    const untilMs = performance.now() + drainMs;
    await this.#readers.close(Math.max(drainMs, closeReadersMs));
    await this.#writer?.close(Math.max(untilMs - performance.now(), 0));
    this.#letGo();
  }

  #writing(): WriterClient {
    this.#assertOpen();
    if (this.#writer === null) throw new StoreError("read_only", `${this.#path} was opened to be read only`);
    return this.#writer;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new StoreError("closed", "the store is closed");
  }

  #pass(event: StoreEvent): void {
    if (event.kind === "status") this.#sinceMs = this.#settings.now();
    if (event.kind === "set_aside") {
      this.#readers.renew();
      this.#failures.forget();
      this.#letGo();
      void holdOpen(this.#path).then((letGo) => {
        if (this.#closing === null) this.#letGo = letGo;
        else letGo();
      });
    }
    this.#settings.onEvent(
      event.kind === "snapshot_held" ? { kind: "snapshot_held", ...this.#named(event) } : event,
    );
  }

  /** The system names processes; which of our own reads it is only we know. */
  #named({ walBytes, sinceMs, holder }: HeldSnapshot): HeldSnapshot {
    if (holder !== "this process") return { walBytes, sinceMs, holder };
    const [longest] = this.#readers.running().sort((a, b) => b.forMs - a.forMs);
    const name =
      longest === undefined
        ? holder
        : `our own read ${longest.name}, for ${Math.round(longest.forMs / 1000)} s`;
    return { walBytes, sinceMs, holder: name };
  }
}
