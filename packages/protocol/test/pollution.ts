/**
 * Every field of a message of protocol 1, and names that the language or a platform asks objects
 * for.
 */
export const fieldNames = [
  "type",
  "channel",
  "pid",
  "features",
  "version",
  "started_at",
  "interval_s",
  "trouble",
  "ts",
  "rss_mb",
  "cpu_pct",
  "dropped",
  "model",
  "feature",
  "tokens_in",
  "tokens_out",
  "latency_ms",
  "provider",
  "tokens_cached",
  "tokens_cache_write",
  "cost_usd",
  "error",
  "metric_name",
  "value",
];
export const otherNames = [
  "then",
  "toJSON",
  "get",
  "set",
  "maxLineBytes",
  "fatal",
  "stream",
  "cause",
  "junk",
];

/** What a careless or hostile program leaves in `Object.prototype`. */
export const kindsOfJunk: Record<string, () => PropertyDescriptor> = {
  "an enumerable function": () => ({ value() {}, enumerable: true, writable: true }),
  "enumerable junk": () => ({ value: { junk: true }, enumerable: true, writable: true }),
  "a value that a field could have": () => ({ value: "heartbeat", enumerable: true, writable: true }),
  "a number": () => ({ value: 5, enumerable: true, writable: true }),
  "an object of flags": () => ({ value: { x: true }, writable: true }),
  undefined: () => ({ value: undefined, enumerable: true, writable: true }),
  "a constant": () => ({ value: 7 }),
  "a getter": () => ({ get: () => 9, enumerable: true }),
  "a getter and a setter that throw": () => ({
    get() {
      throw new Error("read");
    },
    set() {
      throw new Error("written");
    },
  }),
};

/**
 * The result of `run` while `Object.prototype` has the property; the property is gone afterwards.
 */
export function polluted<T>(name: string, descriptor: PropertyDescriptor, run: () => T): T {
  // A descriptor without a prototype, since the property may be called like a part of one.
  Object.defineProperty(
    Object.prototype,
    name,
    Object.assign(Object.create(null), descriptor, { configurable: true }),
  );
  try {
    return run();
  } finally {
    Reflect.deleteProperty(Object.prototype, name);
  }
}
