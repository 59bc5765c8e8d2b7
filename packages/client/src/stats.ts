import type { DropReason } from "./line-counts.js";

/**
 * The counters of a client at one moment. Its calls are
 * `sent + superseded + the sum of dropped + waiting`.
 */
export interface MonitorClientStats {
  readonly connected: boolean;
  /** Lines accepted and neither sent nor lost. */
  readonly waiting: number;
  /**
   * Lines handed to the operating system. A registration repeated for a new connection is not
   * counted.
   */
  readonly sent: number;
  readonly dropped: Record<DropReason, number>;
  /** Registrations, heartbeats and goodbyes that a newer one replaced while they waited. */
  readonly superseded: number;
  readonly reconnects: number;
}
