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
  /** At most this many groups. */
  readonly top: number;
}

/** CPU and memory of one bot in a period. */
export interface SeriesQuestion {
  readonly channel: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface UsageAnswer {
  /** The period of the sums: wider than the question where single calls are already deleted. */
  readonly from: string;
  readonly to: string;
  readonly usage: readonly UsageTotalJson[];
  /** The models with tokens of unknown cost in the period, most tokens first. */
  readonly unpriced: readonly UnpricedModel[];
}

/** Where an answer comes from: for people, and as `source` in JSON. */
export type SourceNote =
  | {
      readonly kind: "monitor";
      readonly url: string;
      /** Which setting named it; undefined if that is unknown. */
      readonly from?: Origin;
    }
  | {
      readonly kind: "store";
      readonly url: string;
      readonly from?: Origin;
      /** The newest thing that the database knows; null where it is empty. */
      readonly newest: string | null;
      /** Why no monitor answered. */
      readonly because: string;
    };

/** Answers questions about a fleet. Rejects with `CommandError`. */
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
