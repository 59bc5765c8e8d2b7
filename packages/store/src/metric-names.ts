import { StoreError } from "./error.js";
import { integerOf, textOf, timeOf } from "./period.js";

/** Which metrics of its own a bot logged. */
export interface MetricNamesQuery {
  readonly channel: string;
  /** Only measurements at or after this time. */
  readonly fromMs?: number;
  /** 1 to 10 000; 256 when absent. */
  readonly limit?: number;
}

export interface MetricName {
  readonly metricName: string;
  readonly samples: number;
  readonly lastTsMs: number;
  /** The value of the newest sample; of several at one time, that which was written last. */
  readonly lastValue: number;
}

export interface MetricNames {
  /** Sorted by name. */
  readonly metrics: readonly MetricName[];
  /** Whether there are more than were asked for. */
  readonly truncated: boolean;
}

export interface MetricNamesPlan {
  readonly channel: string;
  readonly fromMs: number;
  readonly limit: number;
}

export function planMetricNames(query: MetricNamesQuery): MetricNamesPlan {
  const channel = textOf("channel", query.channel);
  if (channel === undefined) throw new StoreError("invalid_query", "channel: expected a string");
  return {
    channel,
    fromMs: query.fromMs === undefined ? 0 : timeOf("fromMs", query.fromMs),
    limit: integerOf("limit", query.limit, 256, 10_000),
  };
}
