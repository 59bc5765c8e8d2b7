import type {
  CustomMetric,
  Heartbeat,
  LlmUsage,
  Message,
  Register,
  Unregister,
} from "./generated/message.js";
import { maxLineBytes } from "./limit.js";
import { type Fields, readerOf } from "./read.js";
import { utf8LengthOf } from "./utf8.js";

/**
 * The message as one line with its `\n`: at most 65 536 bytes of UTF-8 before it, no other newline in it. The fields that
 * protocol 1 knows are written in the order of the specification; others are left out, and so is an optional field
 * that is `undefined` or `null`. Each field is read once. The line decodes to the message that went in.
 *
 * Throws TypeError where a field is missing or of the wrong kind, or `type` names no message; RangeError where a field's
 * value is out of its range or the line would be too long. Both name the field. Nothing else is thrown.
 */
export function encode(message: Message): string {
  if (typeof message !== "object" || message === null) throw new TypeError("message: expected an object");
  let read: Message | string;
  try {
    const type: unknown = message.type;
    const reader = typeof type === "string" ? readerOf(type) : undefined;
    if (reader === undefined)
      throw new TypeError(`type: expected a message of protocol 1, got ${describe(type)}`);
    read = reader(message as unknown as Fields);
    if (typeof read === "string") throw fieldError(read, (message as unknown as Fields)[read]);
    return lineOf(read);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    throw new TypeError("message: a field could not be read", { cause: error });
  }
}

function lineOf(message: Message): string {
  switch (message.type) {
    case "heartbeat":
      return heartbeatLine(message);
    case "llm_usage":
      return llmUsageLine(message);
    case "custom_metric":
      return customMetricLine(message);
    case "register":
      return registerLine(message);
    case "unregister":
      return unregisterLine(message);
  }
}

/*
 * Lines are put together from constant pieces; JSON.stringify would look every key up and escape it again on every
 * call. Names have been checked for control characters and lone surrogates, so only `"` and `\` need an escape.
 */

function heartbeatLine(m: Heartbeat): string {
  let line = `{"type":"heartbeat","channel":${quote(m.channel)},"pid":${m.pid}`;
  if (m.rss_mb !== undefined) line += `,"rss_mb":${m.rss_mb}`;
  if (m.cpu_pct !== undefined) line += `,"cpu_pct":${m.cpu_pct}`;
  if (m.dropped !== undefined) line += `,"dropped":${m.dropped}`;
  if (m.started_at !== undefined) line += `,"started_at":${m.started_at}`;
  if (m.interval_s !== undefined) line += `,"interval_s":${m.interval_s}`;
  if (m.ts !== undefined) line += `,"ts":${m.ts}`;
  return `${line}}\n`;
}

function llmUsageLine(m: LlmUsage): string {
  let line = `{"type":"llm_usage","channel":${quote(m.channel)},"model":${quote(m.model)},"feature":${quote(m.feature)},"tokens_in":${m.tokens_in},"tokens_out":${m.tokens_out}`;
  if (m.latency_ms !== undefined) line += `,"latency_ms":${m.latency_ms}`;
  if (m.provider !== undefined) line += `,"provider":${quote(m.provider)}`;
  if (m.tokens_cached !== undefined) line += `,"tokens_cached":${m.tokens_cached}`;
  if (m.cost_usd !== undefined) line += `,"cost_usd":${m.cost_usd}`;
  if (m.ts !== undefined) line += `,"ts":${m.ts}`;
  return `${line}}\n`;
}

function customMetricLine(m: CustomMetric): string {
  const line = `{"type":"custom_metric","channel":${quote(m.channel)},"metric_name":${quote(m.metric_name)},"value":${m.value}`;
  return m.ts === undefined ? `${line}}\n` : `${line},"ts":${m.ts}}\n`;
}

function registerLine(m: Register): string {
  let line = `{"type":"register","channel":${quote(m.channel)},"pid":${m.pid},"features":${featuresText(m.features ?? {})}`;
  if (m.version !== undefined) line += `,"version":${quote(m.version)}`;
  if (m.started_at !== undefined) line += `,"started_at":${m.started_at}`;
  if (m.interval_s !== undefined) line += `,"interval_s":${m.interval_s}`;
  if (m.ts !== undefined) line += `,"ts":${m.ts}`;
  line += "}";
  // Only a registration can get this long: 256 feature names of 128 code points.
  if (line.length * 3 > maxLineBytes && utf8LengthOf(line) > maxLineBytes) {
    throw new RangeError(`features: the line would be longer than ${maxLineBytes} bytes`);
  }
  return `${line}\n`;
}

function unregisterLine(m: Unregister): string {
  const line = `{"type":"unregister","channel":${quote(m.channel)},"pid":${m.pid}`;
  return m.ts === undefined ? `${line}}\n` : `${line},"ts":${m.ts}}\n`;
}

function quote(name: string): string {
  return name.indexOf('"') < 0 && name.indexOf("\\") < 0 ? `"${name}"` : JSON.stringify(name);
}

function featuresText(features: Record<string, boolean>): string {
  const pairs = Object.keys(features).map((name) => `${JSON.stringify(name)}:${features[name] === true}`);
  return `{${pairs.join(",")}}`;
}

function fieldError(field: string, value: unknown): TypeError | RangeError {
  const expected = expectations[field] ?? "another value";
  const text = `${field}: expected ${expected}, got ${describe(value)}`;
  return isOfKind(field, value) ? new RangeError(text) : new TypeError(text);
}

/** Whether the value is a string, a number or a map of booleans, as the field wants it; then only its range is wrong. */
function isOfKind(field: string, value: unknown): boolean {
  if (field === "features") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    return Object.values(value).every((flag) => typeof flag === "boolean");
  }
  return typeof value === (expectations[field]?.includes("code points") ? "string" : "number");
}

const name = "1 to 256 code points, no control characters, well-formed Unicode";
const count = "an integer from 0 to 9007199254740991";
const amount = "a finite number, at least 0";
const expectations: Record<string, string> = {
  channel: "1 to 128 code points, no control characters, well-formed Unicode, neither . nor ..",
  pid: "an integer from 1 to 4294967295",
  features: "at most 256 names of 1 to 128 code points, each true or false",
  version: name,
  model: name,
  feature: name,
  provider: name,
  metric_name: name,
  tokens_in: count,
  tokens_out: count,
  tokens_cached: count,
  dropped: count,
  rss_mb: amount,
  cpu_pct: amount,
  latency_ms: amount,
  cost_usd: amount,
  value: "a finite number",
  started_at: "a finite number",
  interval_s: "a finite number above 0",
  ts: "a finite number",
};

/** A value in a message for a programmer, shortened; never throws, whatever the value is. */
function describe(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 40 ? `a string of ${value.length} UTF-16 units` : JSON.stringify(value);
  }
  if (typeof value === "number" || typeof value === "boolean" || value === undefined || value === null)
    return `${value}`;
  return `a value of type ${typeof value}`;
}
