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
import { type MetricNames, type MetricNamesQuery, planMetricNames } from "../metric-names.js";
import {
  byText,
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
import { packBatch, readTables } from "../packed-batch.js";
import { type Period, periodOf } from "../period.js";
import type { StoredPrice } from "../price.js";
import { cutsAt } from "../retention.js";
import { planRuns, type RunsQuery, type StoredRun } from "../run.js";
import type { Capabilities, StoreState } from "../state.js";
import { planHistory, type StatusHistoryQuery, type StoredStatusChange } from "../status-change.js";
import type { BackupReport, MaintenanceReport, Store } from "../store.js";
import type { StoreSettings } from "../store-options.js";
import { planUsagePage, type UsagePage, type UsagePageQuery } from "../usage-page.js";
import { planUsage, type UsageList, type UsageQuery, type UsageTotal, widened } from "../usage-totals.js";
import { Alerts } from "./alerts.js";
import { metricNamesOf } from "./metric-names.js";
import { Rows } from "./rows.js";
import { Runs } from "./runs.js";
import { customSeriesOf, fleetSeriesOf, metricSeriesOf } from "./series.js";
import { summariesOf } from "./summaries.js";
import { totalsOf } from "./totals.js";

/**
 * A store without a file, for tests and demonstrations, and the oracle of the property tests: it
 * keeps every row in arrays and answers by looking at all of them, so that it is right by being
 * simple. Nothing bounds it but the process's memory.
 */
export class MemoryStore implements Store {
  readonly capabilities: Capabilities = { durable: false, backup: false };
  readonly #settings: StoreSettings;
  readonly #rows = new Rows();
  readonly #runs = new Runs();
  readonly #alerts = new Alerts();
  readonly #ids = new Set<string>();
  #committedRows = 0;
  #closedAtMs: number | null = null;
  readonly #openedAtMs: number;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.#openedAtMs = settings.now();
  }

  async write(batch: Batch): Promise<WriteOutcome> {
    this.#assertOpen();
    const packed = packBatch(batch);
    const id = JSON.stringify([batch.producer, batch.epoch, batch.seq]);
    if (this.#ids.has(id)) return "duplicate";
    this.#ids.add(id);
    this.#rows.forget(packed.forgotten);
    const tables = readTables(packed);
    this.#rows.add(tables);
    this.#alerts.add(tables);
    if (packed.run !== null) this.#runs.tell(packed.producer, packed.run);
    this.#committedRows += packed.rows;
    return "applied";
  }

  async fleet(): Promise<readonly StoredBot[]> {
    this.#assertOpen();
    return [...this.#rows.bots.values()].sort((a, b) => byText(a.channel, b.channel));
  }

  async fleetPage(query: FleetPageQuery): Promise<FleetPage> {
    const { after, limit } = planFleetPage(query);
    const all = (await this.fleet()).filter(({ channel }) => after === null || byText(channel, after) > 0);
    const bots = all.slice(0, limit);
    return { bots, next: all.length > limit ? (bots.at(-1)?.channel ?? null) : null };
  }

  async statusHistory(query: StatusHistoryQuery = {}): Promise<readonly StoredStatusChange[]> {
    this.#assertOpen();
    const { channel, fromMs, toMs, to, from, causes, beforeId, afterId, limit } = planHistory(query);
    return this.#rows.statusChanges
      .filter((row) => channel === undefined || row.channel === channel)
      .filter((row) => row.tsMs >= fromMs && row.tsMs < toMs)
      .filter((row) => row.id < beforeId && row.id > afterId)
      .filter((row) => to === undefined || (to.includes(row.to) && row.from !== row.to))
      .filter((row) => from === undefined || (from.some((one) => one === row.from) && row.from !== row.to))
      .filter((row) => causes === undefined || causes.includes(row.causeCode))
      .sort((a, b) => b.id - a.id)
      .slice(0, limit);
  }

  async metricSeries(query: MetricSeriesQuery): Promise<MetricSeries> {
    this.#assertOpen();
    return metricSeriesOf(
      this.#rows.metrics,
      planMetricSeries(query, this.#settings.now(), this.#settings.retention),
    );
  }

  async fleetSeries(query: FleetSeriesQuery): Promise<FleetSeries> {
    this.#assertOpen();
    return fleetSeriesOf(
      this.#rows.metrics,
      planFleetSeries(query, this.#settings.now(), this.#settings.retention),
    );
  }

  async customSeries(query: CustomSeriesQuery): Promise<CustomSeries> {
    this.#assertOpen();
    return customSeriesOf(this.#rows.customMetrics, planCustomSeries(query));
  }

  async metricNames(query: MetricNamesQuery): Promise<MetricNames> {
    this.#assertOpen();
    return metricNamesOf(this.#rows.customMetrics, planMetricNames(query));
  }

  async runs(query: RunsQuery = {}): Promise<readonly StoredRun[]> {
    this.#assertOpen();
    return this.#runs.find(planRuns(query));
  }

  async openAlerts(): Promise<OpenAlerts> {
    this.#assertOpen();
    return this.#alerts.open();
  }

  async alertHistory(query: AlertQuery = {}): Promise<AlertHistory> {
    this.#assertOpen();
    return this.#alerts.history(planAlerts(query));
  }

  async notices(query: NoticeQuery = {}): Promise<readonly StoredNotice[]> {
    this.#assertOpen();
    return this.#alerts.notices(planNotices(query));
  }

  async silences(query: SilenceQuery = {}): Promise<readonly StoredSilence[]> {
    this.#assertOpen();
    return this.#alerts.silences(planSilences(query));
  }

  async facts(): Promise<ReadonlyMap<string, string>> {
    this.#assertOpen();
    return this.#alerts.facts();
  }

  async prices(): Promise<readonly StoredPrice[]> {
    this.#assertOpen();
    return [...this.#rows.prices.values()].sort(
      (a, b) => a.firstUsedMs - b.firstUsedMs || a.priceId - b.priceId,
    );
  }

  async usageTotals(query: UsageQuery): Promise<readonly UsageTotal[]> {
    this.#assertOpen();
    return totalsOf(
      this.#rows.usage,
      planUsage(query, this.#settings.now(), this.#settings.retention.usageDays),
    );
  }

  async usageList(query: UsageQuery): Promise<UsageList> {
    return await this.usageTotals(query);
  }

  async usagePage(query: UsagePageQuery): Promise<UsagePage> {
    this.#assertOpen();
    const { channel, fromMs, toMs, afterId, limit, lastId } = planUsagePage(query);
    const all = this.#rows.usage.map(({ raw, ...row }, i) => ({ raw, row: { ...row, id: i + 1 } }));
    const endId = lastId ?? all.length;
    const looked = all
      .filter(({ raw, row }) => raw && row.id > afterId && row.id <= endId)
      .map(({ row }) => row);
    const page = looked.slice(0, limit);
    const last = page.at(-1);
    return {
      rows: page
        .filter((row) => row.tsMs >= fromMs && row.tsMs < toMs)
        .filter((row) => channel === undefined || row.channel === channel),
      next: last === undefined || looked.length <= limit ? null : { afterId: last.id, lastId: endId },
    };
  }

  usagePeriod(period: Period): Period {
    return widened(periodOf(period), this.#settings.now(), this.#settings.retention.usageDays);
  }

  async channelSummary(query: SummaryQuery): Promise<readonly ChannelSummary[]> {
    this.#assertOpen();
    const plan = planSummary(query, this.#settings.now(), this.#settings.retention);
    return summariesOf(this.#rows.metrics, this.#rows.usage, plan);
  }

  async maintain(): Promise<MaintenanceReport> {
    this.#assertOpen();
    const cuts = cutsAt(this.#settings.now(), this.#settings.retention);
    return {
      rolledUp: 0,
      deleted: {
        ...this.#rows.expire(cuts),
        runs: this.#runs.expire(cuts.statusHistoryDays),
        ...this.#alerts.expire(cuts.statusHistoryDays),
      },
      withheldUntilMs: null,
    };
  }

  async backup(_path: string): Promise<BackupReport> {
    this.#assertOpen();
    throw new StoreError("unsupported", "a memory: store has no file to back up");
  }

  state(): StoreState {
    return {
      status: this.#closedAtMs === null ? "ok" : "closed",
      sinceMs: this.#closedAtMs ?? this.#openedAtMs,
      detail: null,
      pendingBatches: 0,
      pendingRows: 0,
      committedRows: this.#committedRows,
      walBytes: null,
      heldSnapshot: null,
      failures: [],
    };
  }

  async close(): Promise<void> {
    this.#closedAtMs ??= this.#settings.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertOpen(): void {
    if (this.#closedAtMs !== null) throw new StoreError("closed", "the store is closed");
  }
}
