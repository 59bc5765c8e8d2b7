const plain = {};

/**
 * Whether `Object.prototype` has a property that is called like a field: it would be read from each message that has no
 * such field. `in` calls no getter, and V8 makes one comparison of all of these, as they ask the same constant object.
 */
export function isPolluted(): boolean {
  return (
    "type" in plain ||
    "channel" in plain ||
    "pid" in plain ||
    "features" in plain ||
    "version" in plain ||
    "started_at" in plain ||
    "interval_s" in plain ||
    "ts" in plain ||
    "rss_mb" in plain ||
    "cpu_pct" in plain ||
    "dropped" in plain ||
    "model" in plain ||
    "feature" in plain ||
    "tokens_in" in plain ||
    "tokens_out" in plain ||
    "latency_ms" in plain ||
    "provider" in plain ||
    "tokens_cached" in plain ||
    "cost_usd" in plain ||
    "metric_name" in plain ||
    "value" in plain
  );
}
