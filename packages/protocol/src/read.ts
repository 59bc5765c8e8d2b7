import { isFeatures } from "./features.js";
import type {
  CustomMetric,
  DecodedMessage,
  DecodedRegister,
  Heartbeat,
  LlmUsage,
  Unregister,
} from "./generated/message.js";
import { isPolluted } from "./generated/pollution.js";
import { isChannel, isErrorCode, isName } from "./name.js";
import { isAmount, isCount, isFiniteNumber, isInterval, isPid } from "./quantity.js";
import type { DecodeResult } from "./rejection.js";

/*
 * One reader per message: it judges the fields in the order of the specification's table, and
 * copies those that the protocol knows into a new object. Straight code instead of a table of
 * checks: each message keeps one hidden class and no check is an indirect call, which is what lets
 * validation cost less than the parsing that it follows (`pnpm bench protocol`). That the readers
 * agree with schema.json is proven by test/schema.test.ts.
 *
 * `x + 0` turns minus zero into zero and changes nothing else [M-9].
 */

/** A parsed JSON object; its fields can be anything. */
export type Fields = Record<string, unknown>;

type Reader = (fields: Fields, plain: boolean, polluted: boolean) => DecodedMessage | string;

/**
 * The message in a parsed object, or why there is none. `plain` says that `isPlainText` is true of
 * the text that was parsed. Only own properties count: while `Object.prototype` is polluted, fields
 * are read from and written to objects without it.
 */
export function readMessage(fields: Fields, plain: boolean): DecodeResult {
  const polluted = isPolluted();
  const own = polluted ? withoutPrototype(fields) : fields;
  const type = own["type"];
  if (typeof type !== "string") return { ok: false, reason: "missing_type" };
  const reader = readerOf(type);
  if (reader === undefined) return { ok: false, reason: "unknown_type" };
  const message = reader(own, plain, polluted);
  if (typeof message === "string") return { ok: false, reason: "invalid_field", field: message };
  return { ok: true, message: polluted ? { ...message } : message };
}

/**
 * A new message with its required fields. An assignment of another field would find a setter of a
 * polluted prototype.
 */
function begin<M extends DecodedMessage>(message: M, polluted: boolean): M {
  return polluted ? withoutPrototype(message) : message;
}

function withoutPrototype<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object);
}

/**
 * A switch, since `type` comes from outside: in a plain object `constructor` and `__proto__` would
 * be found.
 */
function readerOf(type: string): Reader | undefined {
  switch (type) {
    case "heartbeat":
      return readHeartbeat;
    case "llm_usage":
      return readLlmUsage;
    case "custom_metric":
      return readCustomMetric;
    case "register":
      return readRegister;
    case "unregister":
      return readUnregister;
    default:
      return undefined;
  }
}

function readRegister(fields: Fields, plain: boolean, polluted: boolean): DecodedRegister | string {
  const { channel, pid, features, version, started_at, interval_s, trouble, ts } = fields;
  if (!isChannel(channel, plain)) return "channel";
  if (!isPid(pid)) return "pid";
  const message = begin<DecodedRegister>({ type: "register", channel, pid, features: {} }, polluted);
  if (features !== undefined && features !== null) {
    if (!isFeatures(features)) return "features";
    message.features = features;
  }
  if (version !== undefined && version !== null) {
    if (!isName(version, plain)) return "version";
    message.version = version;
  }
  if (started_at !== undefined && started_at !== null) {
    if (!isFiniteNumber(started_at)) return "started_at";
    message.started_at = started_at + 0;
  }
  if (interval_s !== undefined && interval_s !== null) {
    if (!isInterval(interval_s)) return "interval_s";
    message.interval_s = interval_s;
  }
  if (trouble !== undefined && trouble !== null) {
    if (!isName(trouble, plain)) return "trouble";
    message.trouble = trouble;
  }
  if (ts !== undefined && ts !== null) {
    if (!isFiniteNumber(ts)) return "ts";
    message.ts = ts + 0;
  }
  return message;
}

function readHeartbeat(fields: Fields, plain: boolean, polluted: boolean): Heartbeat | string {
  const { channel, pid, rss_mb, cpu_pct, dropped, started_at, interval_s, trouble, ts } = fields;
  if (!isChannel(channel, plain)) return "channel";
  if (!isPid(pid)) return "pid";
  const message = begin<Heartbeat>({ type: "heartbeat", channel, pid }, polluted);
  if (rss_mb !== undefined && rss_mb !== null) {
    if (!isAmount(rss_mb)) return "rss_mb";
    message.rss_mb = rss_mb + 0;
  }
  if (cpu_pct !== undefined && cpu_pct !== null) {
    if (!isAmount(cpu_pct)) return "cpu_pct";
    message.cpu_pct = cpu_pct + 0;
  }
  if (dropped !== undefined && dropped !== null) {
    if (!isCount(dropped)) return "dropped";
    message.dropped = dropped + 0;
  }
  if (started_at !== undefined && started_at !== null) {
    if (!isFiniteNumber(started_at)) return "started_at";
    message.started_at = started_at + 0;
  }
  if (interval_s !== undefined && interval_s !== null) {
    if (!isInterval(interval_s)) return "interval_s";
    message.interval_s = interval_s;
  }
  if (trouble !== undefined && trouble !== null) {
    if (!isName(trouble, plain)) return "trouble";
    message.trouble = trouble;
  }
  if (ts !== undefined && ts !== null) {
    if (!isFiniteNumber(ts)) return "ts";
    message.ts = ts + 0;
  }
  return message;
}

function readUnregister(fields: Fields, plain: boolean, polluted: boolean): Unregister | string {
  const { channel, pid, ts } = fields;
  if (!isChannel(channel, plain)) return "channel";
  if (!isPid(pid)) return "pid";
  const message = begin<Unregister>({ type: "unregister", channel, pid }, polluted);
  if (ts !== undefined && ts !== null) {
    if (!isFiniteNumber(ts)) return "ts";
    message.ts = ts + 0;
  }
  return message;
}

function readLlmUsage(fields: Fields, plain: boolean, polluted: boolean): LlmUsage | string {
  const { channel, model, feature, tokens_in, tokens_out } = fields;
  const { latency_ms, provider, tokens_cached, tokens_cache_write, cost_usd, error, ts } = fields;
  if (!isChannel(channel, plain)) return "channel";
  if (!isName(model, plain)) return "model";
  if (!isName(feature, plain)) return "feature";
  if (!isCount(tokens_in)) return "tokens_in";
  if (!isCount(tokens_out)) return "tokens_out";
  const message = begin<LlmUsage>(
    {
      type: "llm_usage",
      channel,
      model,
      feature,
      tokens_in: tokens_in + 0,
      tokens_out: tokens_out + 0,
    },
    polluted,
  );
  if (latency_ms !== undefined && latency_ms !== null) {
    if (!isAmount(latency_ms)) return "latency_ms";
    message.latency_ms = latency_ms + 0;
  }
  if (provider !== undefined && provider !== null) {
    if (!isName(provider, plain)) return "provider";
    message.provider = provider;
  }
  if (tokens_cached !== undefined && tokens_cached !== null) {
    if (!isCount(tokens_cached)) return "tokens_cached";
    message.tokens_cached = tokens_cached + 0;
  }
  if (tokens_cache_write !== undefined && tokens_cache_write !== null) {
    if (!isCount(tokens_cache_write)) return "tokens_cache_write";
    message.tokens_cache_write = tokens_cache_write + 0;
  }
  if (cost_usd !== undefined && cost_usd !== null) {
    if (!isAmount(cost_usd)) return "cost_usd";
    message.cost_usd = cost_usd + 0;
  }
  if (error !== undefined && error !== null) {
    if (!isErrorCode(error)) return "error";
    message.error = error;
  }
  if (ts !== undefined && ts !== null) {
    if (!isFiniteNumber(ts)) return "ts";
    message.ts = ts + 0;
  }
  return message;
}

function readCustomMetric(fields: Fields, plain: boolean, polluted: boolean): CustomMetric | string {
  const { channel, metric_name, value, ts } = fields;
  if (!isChannel(channel, plain)) return "channel";
  if (!isName(metric_name, plain)) return "metric_name";
  if (!isFiniteNumber(value)) return "value";
  const message = begin<CustomMetric>(
    { type: "custom_metric", channel, metric_name, value: value + 0 },
    polluted,
  );
  if (ts !== undefined && ts !== null) {
    if (!isFiniteNumber(ts)) return "ts";
    message.ts = ts + 0;
  }
  return message;
}
