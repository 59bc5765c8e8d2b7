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
 * The memory of the monitor. Every method answers with a promise that rejects with a `StoreError`
 * and nothing else; after `close()` all of them reject with `closed`, except `close()` itself,
 * which may be called again.
 */
export interface Store {
  readonly capabilities: Capabilities;

  /**
   * Resolves after the commit. A batch is stored whole or not at all, and one id once: who does not
   * know whether a write arrived (a crash, a rejection) sends the same batch again. While another
   * process holds the lock it waits.
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
  /** Those that are active and those that were, the oldest first. */
  silences(query?: SilenceQuery): Promise<readonly StoredSilence[]>;
  /** What the monitor keeps for its next life, by name. */
  facts(): Promise<ReadonlyMap<string, string>>;
  /** Every price that calls were priced by, the one that was used first before the others. */
  prices(): Promise<readonly StoredPrice[]>;
  usageTotals(query: UsageQuery): Promise<readonly UsageTotal[]>;
  /**
   * The same as a list that makes each total when it is taken. A hundred thousand groups cost the
   * caller's thread nothing until then, and its heap no more than what it keeps.
   */
  usageList(query: UsageQuery): Promise<UsageList>;
  /**
   * The single calls in pages, oldest first by `id`: any number of them can be read without holding
   * all. Only those that are not deleted yet; `usageTotals` knows the older ones still as sums.
   */
  usagePage(query: UsagePageQuery): Promise<UsagePage>;
  /**
   * The period that `usageTotals` answers where it is asked for this one: the same, or widened to
   * whole hours where single rows of it may be deleted already. Answers at once; throws
   * `invalid_query` for what is no period.
   */
  usagePeriod(period: Period): Period;
  channelSummary(query: SummaryQuery): Promise<readonly ChannelSummary[]>;

  /**
   * Rolls up what waits, deletes what is past its retention, in small steps between which writes go
   * on.
   */
  maintain(): Promise<MaintenanceReport>;

  /**
   * A copy of this moment at `path`, checked before it takes that name; an older backup of that
   * name is replaced, or kept whole. Links are followed. Rejects with `would_overwrite` for any
   * other file, unless `force` is set, and with `invalid_path` for what is no regular file.
   */
  backup(path: string, options?: BackupOptions): Promise<BackupReport>;

  state(): StoreState;

  /**
   * Takes no more writes, commits those that wait, lets reads that run come to their end, for at
   * most `drainMs` (5 000), and closes. Writes and reads that did not make it reject with `closed`;
   * whether a write was stored is then not known, and its id settles it later. Resolves 2 s after
   * `drainMs` at the latest; a thread that hangs in a call of the system is then left behind
   * (`runningThreads`).
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
