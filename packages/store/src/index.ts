export type {
  AlertRecord,
  FactRecord,
  NoticeRecord,
  SilenceRecord,
  StoredAlert,
  StoredNotice,
  StoredSilence,
  StoredTell,
  TellRecord,
} from "./alert.js";
export type { AlertHistory, AlertQuery, NoticeQuery, OpenAlerts, SilenceQuery } from "./alert-query.js";
export type { Batch, BatchId, WriteOutcome } from "./batch.js";
export type { BotRecord, FleetPage, FleetPageQuery, StoredBot } from "./bot.js";
export type { BotMetric } from "./bot-metric.js";
export { type BotStatus, botStatuses } from "./bot-status.js";
export type { Resolution } from "./bucket.js";
export { type CauseCode, causeCodes } from "./cause-code.js";
export type { ChannelSummary, SummaryQuery } from "./channel-summary.js";
export { backUpDatabase, type RestoreReport, restoreDatabase } from "./copy-database.js";
export type { CustomMetric } from "./custom-metric.js";
export { type CustomMetricReader, CustomMetricTable } from "./custom-metric-table.js";
export { StoreError, type StoreErrorCode, storeErrorCodes } from "./error.js";
export { type FileLock, type LockOutcome, takeFileLock } from "./file-lock.js";
export { type LlmUsage, usageErrors } from "./llm-usage.js";
export { LlmUsageTable, type UsageReader } from "./llm-usage-table.js";
export type { MetricName, MetricNames, MetricNamesQuery } from "./metric-names.js";
export type {
  CustomPoint,
  CustomSeries,
  CustomSeriesQuery,
  FleetPoint,
  FleetSeries,
  FleetSeriesQuery,
  MetricPoint,
  MetricSeries,
  MetricSeriesQuery,
} from "./metric-series.js";
export { openStore } from "./open-store.js";
export type { Period } from "./period.js";
export type { PriceRecord, StoredPrice } from "./price.js";
export type { Repricing } from "./repricing.js";
export { defaultRetention, type Retention } from "./retention.js";
export type { Run, RunsQuery, StoredRun } from "./run.js";
export { runningThreads } from "./sqlite/thread/thread-count.js";
export type {
  Capabilities,
  HeldSnapshot,
  StoreEvent,
  StoreFailure,
  StoreState,
  StoreStatus,
} from "./state.js";
export type { StatusChange, StatusHistoryQuery, StoredStatusChange } from "./status-change.js";
export type { BackupOptions, BackupReport, MaintenanceReport, Store } from "./store.js";
export type { StoreOptions } from "./store-options.js";
export type { StoredUsage, UsageCursor, UsagePage, UsagePageQuery } from "./usage-page.js";
export {
  type UsageKey,
  type UsageList,
  type UsageOrder,
  type UsageQuery,
  type UsageTotal,
  type UsageTotalField,
  type UsageTotalJson,
  usageKeys,
  usageOrders,
  usageTotalFields,
  usageTotalJson,
} from "./usage-totals.js";
