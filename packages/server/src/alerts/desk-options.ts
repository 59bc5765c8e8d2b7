import type { Clock } from "../clock.js";
import type { RuleSettings, WindowSettings } from "../config/alert-settings.js";
import type { Logger } from "../logger.js";
import type { FleetView } from "../registry/fleet-view.js";
import type { Turns } from "../turns.js";
import type { AlertRecords } from "./alert-records.js";
import type { OperatorWords } from "./fleet-judge.js";
import type { HostIncidents } from "./host-incidents.js";
import type { ReceiverDoor, ReceiverTerms } from "./receiver-door.js";
import type { BudgetSource } from "./rules/budget.js";
import type { LossCounts } from "./rules/losses.js";
import type { MonitorProblem } from "./rules/monitor-trouble.js";

/** What is configured of alerts. */
export interface AlertTerms {
  /** IANA. */
  readonly timezone: string;
  readonly receivers: readonly ReceiverTerms[];
  readonly rules: Readonly<Record<string, RuleSettings>>;
  readonly windows: readonly WindowSettings[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly reminder: { readonly at: string | null; readonly weekly: boolean };
}

export interface AlertDeskOptions {
  readonly terms: AlertTerms;
  readonly fleet: FleetView;
  readonly records: AlertRecords;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly startedAtMs: number;
  /** The monitor's name, and the address of its page. */
  readonly monitor: string;
  readonly pageUrl: string | null;
  readonly losses: () => LossCounts;
  readonly problems: () => readonly MonitorProblem[];
  /** The monitor cannot hear the bots of this principal; absent: some of its bots. */
  readonly isBlind: (principal?: string) => boolean;
  readonly wordsOn: (channel: string) => OperatorWords | null;
  readonly expected: readonly string[];
  /** Identifies this boot of the machine; null if unknown. */
  readonly bootId: string | null;
  readonly sampleMs: number;
  readonly budgets: BudgetSource;
  /** What the leader of several hosts found; absent: there are none. */
  readonly hosts?: HostIncidents;
  /** Between two turns. 1 000 */
  readonly turnMs?: number;
}

/** What changes with a reload. */
export interface DeskChange extends Pick<AlertDeskOptions, "terms" | "pageUrl" | "expected"> {
  /** One for each receiver of the terms. */
  readonly doors: readonly ReceiverDoor[];
  /** The receivers that are reached elsewhere than before. */
  readonly readdressed: ReadonlySet<string>;
}
