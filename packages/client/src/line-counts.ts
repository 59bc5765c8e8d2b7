import { isRow, type LineType } from "./line.js";

/**
 * Why a line was lost. `buffer_full`: newer ones needed its room. `connection_lost`: it was partly
 * written when the connection broke. `invalid`: the arguments made no message. `closed`: the client
 * was closed before it could be written.
 */
export const dropReasons = ["buffer_full", "connection_lost", "invalid", "closed"] as const;

export type DropReason = (typeof dropReasons)[number];

/**
 * The client's counters. For every call that makes or should make a line, exactly one of them goes
 * up, once; with the lines that wait they add up to the calls at every moment:
 * `calls = sent + superseded + dropped + waiting`.
 */
export class LineCounts {
  sent = 0;
  superseded = 0;
  /**
   * Usage and metric lines that were accepted and then lost: the `dropped` of a heartbeat. A lost
   * state message does not count, because the next one repeats it; invalid calls were never
   * accepted.
   */
  lostRows = 0;
  readonly #dropped: Record<DropReason, number> = {
    buffer_full: 0,
    connection_lost: 0,
    invalid: 0,
    closed: 0,
  };

  drop(type: LineType, reason: DropReason, lines = 1): void {
    this.#dropped[reason] += lines;
    if (reason !== "invalid" && isRow(type)) this.lostRows += lines;
  }

  /** A copy, which no later call changes. */
  get dropped(): Record<DropReason, number> {
    return { ...this.#dropped };
  }
}
