import type { Message } from "@kissbot/protocol";

export type MessageType = Message["type"];

export const messageTypes = [
  "register",
  "heartbeat",
  "unregister",
  "llm_usage",
  "custom_metric",
] as const satisfies readonly MessageType[];

/**
 * Why a message was dropped: `coalesced`, a newer one of the same bot took its place; `queue_full`,
 * rows past the bound; `fleet_full`, a bot past `--max-bots`; `too_many_pids`, one channel had
 * lines of 16 other processes waiting.
 */
const monitorReasons = ["coalesced", "queue_full", "fleet_full", "too_many_pids"] as const;

/**
 * Why a message of a configured principal was dropped: `unauthorized`, its channel is none of the
 * principal's; `over_quota`, it is past a bound of that principal.
 */
export const refusalReasons = ["unauthorized", "over_quota"] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export const shedReasons = [...monitorReasons, ...refusalReasons] as const;
export type ShedReason = (typeof shedReasons)[number];

/** How many were dropped for each reason. Refusals are there from the first one on. */
export type ShedCounts = Record<(typeof monitorReasons)[number], number> &
  Partial<Record<RefusalReason, number>>;

/**
 * What became of the messages offered since the start, a view that stays current. At every moment
 * and for each type `received = processed + queued + the sum of shed`; `depth` of the queue is
 * `queued` over all types. Samples are not counted.
 */
export interface QueueCounters {
  readonly received: Readonly<Record<MessageType, number>>;
  readonly processed: Readonly<Record<MessageType, number>>;
  readonly shed: Readonly<Record<MessageType, Readonly<ShedCounts>>>;
  /** The channel of the last message that was shed as `too_many_pids`; null if there was none. */
  readonly crowdedChannel: string | null;
}
