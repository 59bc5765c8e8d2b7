import type { StoredNotice, StoredSilence } from "../../alert.js";
import type { AlertHistory, AlertPlan, NoticePlan, OpenAlerts } from "../../alert-query.js";
import type { FleetPage, FleetPagePlan, StoredBot } from "../../bot.js";
import type { Grid } from "../../bucket.js";
import type { ChannelSummary, SummaryPlan } from "../../channel-summary.js";
import type { ErrorNote } from "../../error.js";
import type { CustomColumns, FleetColumns, MetricColumns } from "../../metric-columns.js";
import type { MetricNames, MetricNamesPlan } from "../../metric-names.js";
import type { MetricSeriesPlan } from "../../metric-series.js";
import type { StoredPrice } from "../../price.js";
import type { RunsPlan, StoredRun } from "../../run.js";
import type { HistoryPlan, StoredStatusChange } from "../../status-change.js";
import type { BackupReport } from "../../store.js";
import type { UsagePage, UsagePagePlan } from "../../usage-page.js";
import type { UsagePlan } from "../../usage-totals.js";
import type { PackedUsage } from "../read/packed-usage.js";
import type { CustomPlan } from "../read/read-custom.js";

/** Every question to a reader's thread: what it is asked with, and what it answers. */
export interface Questions {
  fleet: { plan: null; answer: StoredBot[] };
  fleetPage: { plan: FleetPagePlan; answer: FleetPage };
  statusHistory: { plan: HistoryPlan; answer: StoredStatusChange[] };
  metricSeries: { plan: MetricSeriesPlan; answer: MetricColumns[] };
  fleetSeries: { plan: Grid; answer: FleetColumns };
  customSeries: { plan: CustomPlan; answer: CustomColumns };
  metricNames: { plan: MetricNamesPlan; answer: MetricNames };
  runs: { plan: RunsPlan; answer: StoredRun[] };
  openAlerts: { plan: null; answer: OpenAlerts };
  alertHistory: { plan: AlertPlan; answer: AlertHistory };
  notices: { plan: NoticePlan; answer: StoredNotice[] };
  silences: { plan: number; answer: StoredSilence[] };
  facts: { plan: null; answer: [name: string, value: string][] };
  prices: { plan: null; answer: StoredPrice[] };
  usageTotals: { plan: UsagePlan; answer: PackedUsage };
  usagePage: { plan: UsagePagePlan; answer: UsagePage };
  channelSummary: { plan: SummaryPlan; answer: ChannelSummary[] };
  backup: { plan: { readonly path: string; readonly force: boolean }; answer: BackupReport };
}

export type QuestionName = keyof Questions;

export interface ReaderSetup {
  readonly path: string;
}

/**
 * `generation` counts the files that stood at the path: a reader with an older one opens the path
 * again.
 */
export type ToReader =
  | {
      [Name in QuestionName]: {
        readonly kind: "ask";
        readonly name: Name;
        readonly plan: Questions[Name]["plan"];
        readonly generation: number;
      };
    }[QuestionName]
  | { readonly kind: "close" };

export type FromReader =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly answer: Questions[QuestionName]["answer"] }
  | { readonly kind: "failed"; readonly error: ErrorNote };
