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
import type { Capabilities, StoreState, StoreStatus } from "../state.js";
import { planHistory, type StatusHistoryQuery, type StoredStatusChange } from "../status-change.js";
import type { BackupReport, MaintenanceReport, Store } from "../store.js";
import { type StoreOptions, type StoreSettings, settingsOf } from "../store-options.js";
import { planUsagePage, type UsagePage, type UsagePageQuery } from "../usage-page.js";
import { planUsage, type UsageList, type UsageQuery, type UsageTotal, widened } from "../usage-totals.js";
import { within } from "../within.js";
import { enterHost, findHost, noHost, ownHost } from "./host.js";
import { describeFailure, Link } from "./link.js";
import { assertMigrated, migratePostgres } from "./migration.js";
import { parsePostgresUrl } from "./postgres-url.js";
import { readAlertHistory, readFacts, readNotices, readOpenAlerts, readSilences } from "./read-alerts.js";
import {
  readCustomSeries,
  readFleetSeries,
  readMetricNames,
  readMetricSeries,
  readSummary,
} from "./read-metrics.js";
import {
  readFleet,
  readFleetPage,
  readHistory,
  readPrices,
  readRuns,
  readUsagePage,
} from "./read-records.js";
import type { ReadScope } from "./read-scope.js";
import { readUsage } from "./read-usage.js";
import { remedyFor } from "./sql-state.js";
import { isFleetDatabase, keepDatabase, keepFleetDatabase } from "./upkeep.js";
import { WriteLane } from "./write-lane.js";

const defaultDrainMs = 5_000;

/**
 * Opens `postgres://user@host/database`. Its tables are made where they are missing and this user
 * may make them. Rejects with a `StoreError`: `reserved_scheme` without the package `pg`,
 * `cannot_open` where no host can be written to, `needs_migration`, `newer_file`,
 * `migration_mismatch`.
 */
export async function openPostgresStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const settings = settingsOf(options);
  const target = parsePostgresUrl(url);
  const writer = new Link(target);
  try {
    if (settings.readOnly) {
      await assertMigrated(writer);
      return new PostgresStore(
        writer,
        new Link(target),
        (await findHost(writer, ownHost)) ?? noHost,
        settings,
      );
    }
    const versions = await migratePostgres(writer);
    if (versions.length > 0) settings.onEvent({ kind: "migrated", versions });
    return new PostgresStore(writer, new Link(target), await enterHost(writer, ownHost), settings);
  } catch (error) {
    writer.destroy();
    if (error instanceof StoreError) throw error;
    throw new StoreError("cannot_open", describeFailure(error, target), { cause: error });
  }
}

/**
 * A store in PostgreSQL 14 or newer, over two connections: one writes, one reads and maintains. It
 * writes and reads rows of its own host alone.
 */
class PostgresStore implements Store {
  readonly capabilities: Capabilities = { durable: true, backup: false };
  readonly #settings: StoreSettings;
  readonly #writer: Link;
  readonly #reader: Link;
  readonly #lane: WriteLane;
  readonly #hostNo: number;
  readonly #reads = new Set<Promise<unknown>>();
  #status: StoreStatus = "ok";
  #detail: string | null = null;
  #sinceMs: number;
  #closing: Promise<void> | null = null;

  constructor(writer: Link, reader: Link, hostNo: number, settings: StoreSettings) {
    this.#writer = writer;
    this.#reader = reader;
    this.#hostNo = hostNo;
    this.#settings = settings;
    this.#sinceMs = settings.now();
    const { busyTimeoutMs, maxPendingRows } = settings;
    const onStatus = (status: StoreStatus, detail: string | null) => this.#become(status, detail);
    this.#lane = new WriteLane(writer, hostNo, { busyTimeoutMs, maxPendingRows, onStatus });
  }

  async write(batch: Batch): Promise<WriteOutcome> {
    this.#assertWritable();
    return await this.#lane.write(packBatch(batch));
  }

  async fleet(): Promise<readonly StoredBot[]> {
    return await this.#readOnce(readFleet);
  }

  async fleetPage(query: FleetPageQuery): Promise<FleetPage> {
    const plan = planFleetPage(query);
    return await this.#readOnce((scope) => readFleetPage(scope, plan));
  }

  async statusHistory(query: StatusHistoryQuery = {}): Promise<readonly StoredStatusChange[]> {
    const plan = planHistory(query);
    return await this.#read((scope) => readHistory(scope, plan));
  }

  async metricSeries(query: MetricSeriesQuery): Promise<MetricSeries> {
    const plan = planMetricSeries(query, this.#settings.now(), this.#settings.retention);
    return seriesFromColumns(plan.grid, await this.#readOnce((scope) => readMetricSeries(scope, plan)));
  }

  async fleetSeries(query: FleetSeriesQuery): Promise<FleetSeries> {
    const grid = planFleetSeries(query, this.#settings.now(), this.#settings.retention);
    return fleetFromColumns(grid, await this.#readOnce((scope) => readFleetSeries(scope, grid)));
  }

  async customSeries(query: CustomSeriesQuery): Promise<CustomSeries> {
    const plan = planCustomSeries(query);
    return customFromColumns(plan.grid, await this.#readOnce((scope) => readCustomSeries(scope, plan)));
  }

  async metricNames(query: MetricNamesQuery): Promise<MetricNames> {
    const plan = planMetricNames(query);
    return await this.#readOnce((scope) => readMetricNames(scope, plan));
  }

  async runs(query: RunsQuery = {}): Promise<readonly StoredRun[]> {
    const plan = planRuns(query);
    return await this.#readOnce((scope) => readRuns(scope, plan));
  }

  async openAlerts(): Promise<OpenAlerts> {
    return await this.#read(readOpenAlerts);
  }

  async alertHistory(query: AlertQuery = {}): Promise<AlertHistory> {
    const plan = planAlerts(query);
    return await this.#read((scope) => readAlertHistory(scope, plan));
  }

  async notices(query: NoticeQuery = {}): Promise<readonly StoredNotice[]> {
    const plan = planNotices(query);
    return await this.#read((scope) => readNotices(scope, plan));
  }

  async silences(query: SilenceQuery = {}): Promise<readonly StoredSilence[]> {
    const fromMs = planSilences(query);
    return await this.#readOnce((scope) => readSilences(scope, fromMs));
  }

  async facts(): Promise<ReadonlyMap<string, string>> {
    return await this.#readOnce(readFacts);
  }

  async prices(): Promise<readonly StoredPrice[]> {
    return await this.#readOnce(readPrices);
  }

  async usageTotals(query: UsageQuery): Promise<readonly UsageTotal[]> {
    const plan = planUsage(query, this.#settings.now(), this.#settings.retention.usageDays);
    return await this.#read((scope) => readUsage(scope, plan));
  }

  async usageList(query: UsageQuery): Promise<UsageList> {
    return await this.usageTotals(query);
  }

  async usagePage(query: UsagePageQuery): Promise<UsagePage> {
    const plan = planUsagePage(query);
    return await this.#read((scope) => readUsagePage(scope, plan));
  }

  usagePeriod(period: Period): Period {
    return widened(periodOf(period), this.#settings.now(), this.#settings.retention.usageDays);
  }

  async channelSummary(query: SummaryQuery): Promise<readonly ChannelSummary[]> {
    const plan = planSummary(query, this.#settings.now(), this.#settings.retention);
    return await this.#read((scope) => readSummary(scope, plan));
  }

  async maintain(): Promise<MaintenanceReport> {
    this.#assertWritable();
    return await this.#run(async (link) => {
      // Rows of others are not deleted by this store's own clock and retention.
      const { deleted, withheldUntilMs } = (await isFleetDatabase(link, this.#hostNo))
        ? await keepFleetDatabase(link)
        : await keepDatabase(link, this.#settings.now(), () => this.#settings.retention);
      return { rolledUp: 0, deleted, withheldUntilMs };
    });
  }

  async backup(_path: string): Promise<BackupReport> {
    this.#assertOpen();
    throw new StoreError(
      "unsupported",
      "a PostgreSQL database is backed up by its own tools, such as pg_dump",
    );
  }

  state(): StoreState {
    return {
      status: this.#status,
      sinceMs: this.#sinceMs,
      detail: this.#detail,
      pendingBatches: this.#lane.pendingBatches,
      pendingRows: this.#lane.pendingRows,
      committedRows: this.#lane.committedRows,
      walBytes: null,
      heldSnapshot: null,
      failures: [],
    };
  }

  async close({ drainMs = defaultDrainMs }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drainMs: number): Promise<void> {
    const work = Promise.allSettled([this.#lane.drained(), ...this.#reads]);
    const isLate = (await within(work, drainMs)) === "late";
    this.#lane.stop();
    if (isLate) {
      this.#writer.destroy();
      this.#reader.destroy();
    } else await Promise.all([this.#writer.close(), this.#reader.close()]);
    this.#become("closed", null);
  }

  /** A question of one statement. */
  async #readOnce<Answer>(question: (scope: ReadScope) => Promise<Answer>): Promise<Answer> {
    return await this.#run((link) => {
      const rows: ReadScope["rows"] = (text, values) => link.rows(text, values);
      return question({ rows, schema: link.url.schema, hostNo: this.#hostNo });
    });
  }

  /** A question of several, which all see the same moment. */
  async #read<Answer>(question: (scope: ReadScope) => Promise<Answer>): Promise<Answer> {
    return await this.#run((link) =>
      link.snapshot((rows) => question({ rows, schema: link.url.schema, hostNo: this.#hostNo })),
    );
  }

  async #run<Answer>(work: (link: Link) => Promise<Answer>): Promise<Answer> {
    this.#assertOpen();
    const running = work(this.#reader).catch((error: unknown) => {
      throw this.#errorOf(error);
    });
    this.#reads.add(running);
    try {
      return await running;
    } finally {
      this.#reads.delete(running);
    }
  }

  #errorOf(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    if (this.#status === "closed") return closedError();
    const detail = describeFailure(error, this.#reader.url);
    return new StoreError(remedyFor(error) === "hopeless" ? "refused" : "busy", detail, { cause: error });
  }

  #become(status: StoreStatus, detail: string | null): void {
    this.#detail = detail;
    if (this.#status === status || this.#status === "closed") return;
    const from = this.#status;
    this.#status = status;
    this.#sinceMs = this.#settings.now();
    this.#settings.onEvent({ kind: "status", from, to: status, detail });
  }

  #assertWritable(): void {
    this.#assertOpen();
    if (this.#settings.readOnly) throw new StoreError("read_only", "the store was opened to be read only");
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw closedError();
  }
}

function closedError(): StoreError {
  return new StoreError("closed", "the store is closed");
}
