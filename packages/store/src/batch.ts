import type { AlertRecord, FactRecord, NoticeRecord, SilenceRecord, TellRecord } from "./alert.js";
import type { BotRecord } from "./bot.js";
import type { BotMetric } from "./bot-metric.js";
import type { CustomMetric } from "./custom-metric.js";
import type { CustomMetricTable } from "./custom-metric-table.js";
import type { LlmUsage } from "./llm-usage.js";
import type { LlmUsageTable } from "./llm-usage-table.js";
import type { PriceRecord } from "./price.js";
import type { Repricing } from "./repricing.js";
import type { Run } from "./run.js";
import type { StatusChange } from "./status-change.js";

/**
 * Names a batch for ever. Who sends it again after a doubt uses the same three, and it is stored
 * once.
 */
export interface BatchId {
  /** Who numbers: one name per writer. */
  readonly producer: string;
  /**
   * One number per life of the producer, for example its start in milliseconds; within it `seq`
   * does not repeat.
   */
  readonly epoch: number;
  readonly seq: number;
}

/** Rows that are stored together or not at all; rows of one channel in their order in the batch. */
export interface Batch extends BatchId {
  readonly bots?: readonly BotRecord[];
  /**
   * Channels that are no longer in the fleet, before the `bots` of this batch are written: their
   * records go, in `bot_status` as well. Their rows (history, metrics, usage) stay.
   */
  readonly forgotten?: readonly string[];
  readonly statusChanges?: readonly StatusChange[];
  readonly botMetrics?: readonly BotMetric[];
  readonly llmUsage?: readonly LlmUsage[] | LlmUsageTable;
  /** Prices that calls were priced by. One that the store has already stays as it is. */
  readonly prices?: readonly PriceRecord[];
  /** Costs of calls that are stored without one. A call that has a cost by now keeps it. */
  readonly repricings?: readonly Repricing[];
  readonly customMetrics?: readonly CustomMetric[] | CustomMetricTable;
  /**
   * Alerts, what receivers know of them, the messages to receivers, silences, and what the monitor
   * keeps for its next life. Each row takes the place of an older one of the same name. An alert
   * that is open takes the place of another open one of its rule and subject, which then ends.
   */
  readonly alerts?: readonly AlertRecord[];
  readonly tells?: readonly TellRecord[];
  readonly notices?: readonly NoticeRecord[];
  readonly silences?: readonly SilenceRecord[];
  readonly facts?: readonly FactRecord[];
  /**
   * That the monitor that writes is running, or stops: a run has one row, which its newest word
   * changes.
   */
  readonly run?: Run;
  /**
   * For a monitor that stops: after the rows, every bot of the old table `bot_status` is `offline`,
   * as a Python monitor left it. The true status stays, and `fleet()` returns it.
   */
  readonly markOldStatusOffline?: boolean;
}

/**
 * `applied`: these rows are committed now. `duplicate`: a batch with this id was committed before;
 * this one's rows were not looked at.
 */
export type WriteOutcome = "applied" | "duplicate";
