import { StoreError } from "./error.js";
import { maxTimestampMs } from "./timestamp.js";

/** How many days each kind of row is kept by `maintain()`; null is for ever. */
export interface Retention {
  /** Raw samples: 7, the Python monitor's `data_retention_days`. */
  readonly metricsDays: number | null;
  /** One row per bot and minute: 30. */
  readonly minuteDays: number | null;
  /** One row per bot and hour: 400. */
  readonly hourDays: number | null;
  /** Raw values of custom metrics, which have no rollups: 30. */
  readonly customMetricsDays: number | null;
  /**
   * Changes of status, alerts that ended, settled messages about them, silences, and lives of
   * monitors but for the newest: 400.
   */
  readonly statusHistoryDays: number | null;
  /** Usage rows: never, unless the operator says so. Their rollups per hour are never deleted. */
  readonly usageDays: number | null;
}

export const defaultRetention: Retention = {
  metricsDays: 7,
  minuteDays: 30,
  hourDays: 400,
  customMetricsDays: 30,
  statusHistoryDays: 400,
  usageDays: null,
};

const dayMs = 86_400_000;

/** The time before which each kind of row may be deleted; null for never. */
export type Cuts = { readonly [K in keyof Retention]: number | null };

/**
 * Never later than now and never before 1970, whatever the clock says: a wrong clock must not widen
 * a deletion below zero.
 */
export function cutsAt(nowMs: number, retention: Retention): Cuts {
  const cut = (days: number | null) =>
    days === null ? null : Math.min(Math.max(Math.trunc(nowMs - days * dayMs), 0), maxTimestampMs);
  return {
    metricsDays: cut(retention.metricsDays),
    minuteDays: cut(retention.minuteDays),
    hourDays: cut(retention.hourDays),
    customMetricsDays: cut(retention.customMetricsDays),
    statusHistoryDays: cut(retention.statusHistoryDays),
    usageDays: cut(retention.usageDays),
  };
}

/**
 * Fills in the defaults; throws `invalid_option` for an unknown name or anything but a positive
 * number or null.
 */
export function retentionOf(given: Partial<Retention> = {}): Retention {
  for (const [name, days] of Object.entries(given)) {
    if (!Object.hasOwn(defaultRetention, name)) {
      throw new StoreError(
        "invalid_option",
        `retention has no ${name}; it has ${Object.keys(defaultRetention).join(", ")}`,
      );
    }
    if (days !== null && !(typeof days === "number" && Number.isFinite(days) && days > 0)) {
      throw new StoreError(
        "invalid_option",
        `retention.${name}: expected a positive number of days, or null for ever`,
      );
    }
  }
  return { ...defaultRetention, ...given };
}
