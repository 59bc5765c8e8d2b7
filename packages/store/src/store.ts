import type { StoredNotice, StoredSilence } from "./alert.js";
import type { AlertHistory, AlertQuery, NoticeQuery, OpenAlerts, SilenceQuery } from "./alert-query.js";
import type { Batch, WriteOutcome } from "./batch.js";
import type { FleetPage, FleetPageQuery, StoredBot } from "./bot.js";
import type { ChannelSummary, SummaryQuery } from "./channel-summary.js";
import type { MetricNames, MetricNamesQuery } from "./metric-names.js";
import type {
  CustomSeries,
  CustomSeriesQuery,
  FleetSeries,
  FleetSeriesQuery,
  MetricSeries,
  MetricSeriesQuery,
} from "./metric-series.js";
import type { Period } from "./period.js";
import type { StoredPrice } from "./price.js";
import type { RunsQuery, StoredRun } from "./run.js";
import type { Capabilities, StoreState } from "./state.js";
import type { StatusHistoryQuery, StoredStatusChange } from "./status-change.js";
import type { UsagePage, UsagePageQuery } from "./usage-page.js";
import type { UsageList, UsageQuery, UsageTotal } from "./usage-totals.js";

/** What one round of maintenance did. */
export interface MaintenanceReport {
  /** Raw rows that were added to the rollups. */
  readonly rolledUp: number;
  readonly deleted: {
    readonly botMetrics: number;
    readonly minutes: number;
    readonly hours: number;
    readonly customMetrics: number;
    readonly statusChanges: number;
    readonly llmUsage: number;
    /** Lives of monitors, kept as long as changes of status; the newest stays, whatever its age. */
    readonly runs: number;
    /**
     * Alerts that ended, messages that were settled and silences, kept as long as changes of
     * status.
     */
    readonly alerts: number;
    readonly notices: number;
    readonly silences: number;
  };
  /**
   * Null, as a rule. Else nothing was deleted, since the clock leapt by more than 31 days since the
   * last round (or since the newest row that stood in the file when it was opened): it is believed
   * again at this time, if it goes on steadily until then, 7 days later.
   */
  readonly withheldUntilMs: number | null;
}

export interface BackupOptions {
  /** Replaces also a file that is no backup of ours: false. */
  readonly force?: boolean;
}

export interface BackupReport {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The memory of the monitor. Every method returns a promise that rejects only with a `StoreError`.
 * After `close()` all of them reject with `closed`, except `close()`, which may be called again.
 */
export interface Store {
  readonly capabilities: Capabilities;

  /**
   * Resolves after the commit. A batch is stored whole or not at all, and only once per id: if you
   * do not know whether a write arrived (after a crash or a rejection), send the same batch again.
   * Waits while another process holds the lock.
   */
  write(batch: Batch): Promise<WriteOutcome>;

  /** Every bot that was ever written, sorted by channel. */
  fleet(): Promise<readonly StoredBot[]>;
  /**
   * The same in pieces: a fleet of any size can be read without holding all of it. Bots that change
   * meanwhile are as they are when their page is read.
   */
  fleetPage(query: FleetPageQuery): Promise<FleetPage>;
  statusHistory(query?: StatusHistoryQuery): Promise<readonly StoredStatusChange[]>;
  metricSeries(query: MetricSeriesQuery): Promise<MetricSeries>;
  fleetSeries(query: FleetSeriesQuery): Promise<FleetSeries>;
  customSeries(query: CustomSeriesQuery): Promise<CustomSeries>;
  /** Which metrics of its own a bot logged, by name. */
  metricNames(query: MetricNamesQuery): Promise<MetricNames>;
  /** When monitors ran that wrote here, the newest first. */
  runs(query?: RunsQuery): Promise<readonly StoredRun[]>;
  /** What a monitor that starts has to know of alerts. */
  openAlerts(): Promise<OpenAlerts>;
  alertHistory(query?: AlertQuery): Promise<AlertHistory>;
  notices(query?: NoticeQuery): Promise<readonly StoredNotice[]>;
  /** Active and past ones, oldest first. */
  silences(query?: SilenceQuery): Promise<readonly StoredSilence[]>;
  /** What the monitor keeps for its next life, by name. */
  facts(): Promise<ReadonlyMap<string, string>>;
  /** Every price that was applied to calls, in the order of first use. */
  prices(): Promise<readonly StoredPrice[]>;
  usageTotals(query: UsageQuery): Promise<readonly UsageTotal[]>;
  /**
   * The same as a list that makes each total when it is taken. A hundred thousand groups cost the
   * caller's thread nothing until then, and its heap no more than what it keeps.
   */
  usageList(query: UsageQuery): Promise<UsageList>;
  /**
   * The single calls in pages, oldest first by `id`, so that any number can be read without holding
   * all. Deleted calls are missing here, but stay in the sums of `usageTotals`.
   */
  usagePage(query: UsagePageQuery): Promise<UsagePage>;
  /**
   * The period that `usageTotals` answers for this one: the same, or widened to whole hours where
   * single rows may already be deleted. Synchronous; throws `invalid_query` if it is not a period.
   */
  usagePeriod(period: Period): Period;
  channelSummary(query: SummaryQuery): Promise<readonly ChannelSummary[]>;

  /**
   * Rolls up waiting rows and deletes rows past their retention, in small steps; writes go on
   * between them.
   */
  maintain(): Promise<MaintenanceReport>;

  /**
   * Writes a copy of the present state to `path`, checked before it gets that name. It replaces an
   * older backup of that name, or leaves it whole. Follows links. Rejects with `would_overwrite`
   * for any other file, unless `force` is set, and with `invalid_path` if it is not a regular file.
   */
  backup(path: string, options?: BackupOptions): Promise<BackupReport>;

  state(): StoreState;

  /**
   * Accepts no more writes, commits the waiting ones, lets running reads finish, for at most
   * `drainMs` (5 000), and closes. Unfinished writes and reads reject with `closed`; send such a
   * write again later to learn whether it was stored. Resolves at most 2 s after `drainMs`, leaving
   * behind a thread that hangs in a system call (`runningThreads`).
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
