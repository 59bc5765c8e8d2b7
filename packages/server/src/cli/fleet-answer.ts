import type { UsageKey, UsageOrder, UsageTotalJson } from "@kissbot/store";
import type { Origin } from "../config/given-value.js";
import type { UnpricedModel } from "../cost/unpriced-models.js";
import type { CustomMetricRow, PointRow } from "./bot-measurement.js";
import type { BotRow } from "./bot-row.js";
import type { EventRow, EventsQuestion } from "./event-row.js";
import type { HealthRow } from "./health-row.js";

export interface UsageQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: readonly UsageKey[];
  readonly channel: string | undefined;
  readonly model: string | undefined;
  readonly feature?: string | undefined;
  /** Absent: as the store does. */
  readonly orderBy?: UsageOrder | undefined;
  /** At most so many groups. */
  readonly top: number;
}

/** CPU and memory of one bot in a period. */
export interface SeriesQuestion {
  readonly channel: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface UsageAnswer {
  /**
   * The period that it is of: wider than what was asked for where single calls were deleted
   * already.
   */
  readonly from: string;
  readonly to: string;
  readonly usage: readonly UsageTotalJson[];
  /** The models of the period whose cost is not known of all tokens, the most tokens first. */
  readonly unpriced: readonly UnpricedModel[];
}

/** Where an answer comes from, for the person who reads it and as `source` in JSON. */
export type SourceNote =
  | {
      readonly kind: "monitor";
      readonly url: string;
      /** Who said that it is there; undefined where nobody can tell. */
      readonly from?: Origin;
    }
  | {
      readonly kind: "store";
      readonly url: string;
      readonly from?: Origin;
      /** The newest thing that the database knows; null where it is empty. */
      readonly newest: string | null;
      /** Why no monitor was asked. */
      readonly because: string;
    };

/** What can be asked of a fleet. Rejects with `CommandError`. */
export interface FleetSource {
  readonly note: SourceNote;
  /** Null where no monitor runs. */
  health(): Promise<HealthRow | null>;
  bots(): Promise<readonly BotRow[]>;
  /** Null where there is no such bot. */
  bot(channel: string): Promise<BotRow | null>;
  usage(question: UsageQuestion): Promise<UsageAnswer>;
  /** The changes of status, newest first. */
  events(question: EventsQuestion): Promise<readonly EventRow[]>;
  series(question: SeriesQuestion): Promise<readonly PointRow[]>;
  /** What the bot logs itself; null where the source cannot list it. */
  customMetrics(channel: string): Promise<readonly CustomMetricRow[] | null>;
  close(): Promise<void>;
}
