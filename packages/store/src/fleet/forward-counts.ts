import type { FleetSource } from "../fleet-source.js";

/** Of one source. */
export interface SourceCounts {
  rows: number;
  /** Rows that were deleted before they could be sent, and those that no store takes. */
  deleted: number;
  rejected: number;
}

/** What was sent since the forwarder began. */
export interface ForwardCounts extends SourceCounts {
  statements: number;
  bySource: Record<FleetSource, SourceCounts>;
  /**
   * Rows that were older than an hour when they were sent; they are in the hour that they are of.
   */
  late: number;
  /** Rows more than an hour ahead of the receiver's clock, which got the time of their arrival. */
  retimed: number;
  /** Statements that found another cursor than the one that was read. */
  lostCompares: number;
}

export function noCounts(): ForwardCounts {
  const none = (): SourceCounts => ({ rows: 0, deleted: 0, rejected: 0 });
  return {
    ...none(),
    statements: 0,
    bySource: { status: none(), usage: none(), custom: none(), metrics: none() },
    late: 0,
    retimed: 0,
    lostCompares: 0,
  };
}
