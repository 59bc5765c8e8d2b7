import type { RejectionReason } from "@kissbot/protocol";

/**
 * The rejections that count as such: a line of a type that this version does not know is skipped,
 * not wrong.
 */
export type CountedRejection = Exclude<RejectionReason, "unknown_type">;

/**
 * What became of the lines read since the start, a view that stays current. Blank lines count
 * nowhere. At every moment `lines = the sum of the queue's received + the sum of rejected +
 * ignored`.
 */
export interface LineCounters {
  readonly lines: number;
  readonly rejected: Readonly<Record<CountedRejection, number>>;
  /** Lines of an unknown type. */
  readonly ignored: number;
}
