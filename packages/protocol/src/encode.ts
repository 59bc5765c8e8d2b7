import { isPlainObject } from "./features.js";
import type {
  CustomMetric,
  Heartbeat,
  LlmUsage,
  Message,
  Register,
  Unregister,
} from "./generated/message.js";
import { maxChannelLength, maxFeatureNameLength, maxFeatures, maxLineBytes, maxNameLength } from "./limit.js";
import { isChannel, isName, isPlain, isWellFormed } from "./name.js";
import { isAmount, isCount, isFiniteNumber, isInterval, isPid } from "./quantity.js";
import { errorOfRefusal, type Refusal } from "./refusal.js";
import { utf8LengthOf } from "./utf8.js";

/*
 * A line is put together from constant pieces while its fields are checked. Two things were measured to cost more than
 * that (`pnpm bench protocol`): JSON.stringify, which looks every key up and escapes it again on each call, and a checked
 * copy of the message in between, which doubled the time.
 */

/**
 * The message as one line with its `\n`: at most 65 536 bytes of UTF-8 before it, no other newline in it. The fields that
 * protocol 1 knows are written in the order of the specification; others are left out, and so is an optional field
 * that is `undefined` or `null`. Each field is read once. The line decodes to the message that went in [P-2].
 *
 * Throws TypeError where a field is missing or of the wrong kind, or `type` names no message; RangeError where a field's
 * value is out of its range or the line would be too long. Both name the field first. Nothing else is thrown.
 */
export function encode(message: Message): string {
  const line = tryEncode(message);
  if (typeof line === "string") return line;
  throw errorOfRefusal(line);
}

/** The first refusal of the line that is being put together. */
let refusal: Refusal | undefined;

/**
 * As `encode`, but returns the reason instead of throwing it: never throws. A refusal costs no more than a line, where an
 * error costs twenty times as much. `messageOfRefusal` puts the reason into words.
 */
export function tryEncode(message: Message): string | Refusal {
  if (typeof message !== "object" || message === null) return { field: "message", value: message };
  // A getter of the message may encode another one.
  const outer = refusal;
  refusal = undefined;
  try {
    const line = lineOf(message);
    return refusal ?? line;
  } catch (cause) {
    return { field: "message", value: message, expected: "fields that can be read", cause };
  } finally {
    refusal = outer;
  }
}

function lineOf(message: Message): string {
  const type = message.type;
  switch (type) {
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
    default:
      return refuse("type", type);
  }
}

function heartbeatLine(m: Heartbeat): string {
  return `{"type":"heartbeat","channel":"${channel(m.channel)}","pid":${pid(m.pid)}${amount("rss_mb", m.rss_mb)}${amount("cpu_pct", m.cpu_pct)}${optionalCount("dropped", m.dropped)}${finite("started_at", m.started_at)}${interval(m.interval_s)}${finite("ts", m.ts)}}\n`;
}

function llmUsageLine(m: LlmUsage): string {
  return `{"type":"llm_usage","channel":"${channel(m.channel)}","model":"${name("model", m.model)}","feature":"${name("feature", m.feature)}","tokens_in":${count("tokens_in", m.tokens_in)},"tokens_out":${count("tokens_out", m.tokens_out)}${amount("latency_ms", m.latency_ms)}${optionalName("provider", m.provider)}${optionalCount("tokens_cached", m.tokens_cached)}${amount("cost_usd", m.cost_usd)}${finite("ts", m.ts)}}\n`;
}

function customMetricLine(m: CustomMetric): string {
  return `{"type":"custom_metric","channel":"${channel(m.channel)}","metric_name":"${name("metric_name", m.metric_name)}","value":${value(m.value)}${finite("ts", m.ts)}}\n`;
}

function unregisterLine(m: Unregister): string {
  return `{"type":"unregister","channel":"${channel(m.channel)}","pid":${pid(m.pid)}${finite("ts", m.ts)}}\n`;
}

function registerLine(m: Register): string {
  const line = `{"type":"register","channel":"${channel(m.channel)}","pid":${pid(m.pid)},"features":${features(m.features)}${optionalName("version", m.version)}${finite("started_at", m.started_at)}${interval(m.interval_s)}${finite("ts", m.ts)}}\n`;
  // Only a registration can get this long: 256 feature names of 128 code points.
  if (line.length * 3 > maxLineBytes && utf8LengthOf(line) - 1 > maxLineBytes) {
    refuse("features", m.features, { expected: `a line of at most ${maxLineBytes} bytes` });
  }
  return line;
}

/*
 * One function per kind of field: the JSON text of a good value (a string's without its quotes, which stand in the
 * constant pieces: fewer pieces), an error for a bad one. Those of optional fields write the field's name too, or nothing.
 */

function channel(value: unknown): string {
  if (isPlain(value, maxChannelLength) && value !== "." && value !== "..") return value;
  return isChannel(value, maxChannelLength) ? escaped(value) : refuse("channel", value);
}

function name(field: string, value: unknown): string {
  if (isPlain(value, maxNameLength)) return value;
  return isName(value, maxNameLength) ? escaped(value) : refuse(field, value);
}

function pid(value: unknown): number {
  return isPid(value) ? value : refuse("pid", value);
}

function count(field: string, value: unknown): number {
  return isCount(value) ? value : refuse(field, value);
}

function value(value: unknown): number {
  return isFiniteNumber(value) ? value : refuse("value", value);
}

function optionalName(field: string, value: unknown): string {
  return value === undefined || value === null ? "" : `,"${field}":"${name(field, value)}"`;
}

function optionalCount(field: string, value: unknown): string {
  return value === undefined || value === null ? "" : `,"${field}":${count(field, value)}`;
}

function amount(field: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  return isAmount(value) ? `,"${field}":${value}` : refuse(field, value);
}

function finite(field: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  return isFiniteNumber(value) ? `,"${field}":${value}` : refuse(field, value);
}

function interval(value: unknown): string {
  if (value === undefined || value === null) return "";
  return isInterval(value) ? `,"interval_s":${value}` : refuse("interval_s", value);
}

/** Reads each flag once: what was checked is what is written, even where a flag is a getter. */
function features(value: unknown): string {
  if (value === undefined || value === null) return "{}";
  if (!isPlainObject(value)) return refuse("features", value);
  const names = Object.keys(value);
  if (names.length > maxFeatures) return refuse("features", value);
  let text = "";
  for (const name of names) {
    const flag = value[name];
    if (typeof flag !== "boolean") return refuse("features", flag, { key: name });
    if (!isWellFormed(name, maxFeatureNameLength)) return refuse("features", value);
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${flag}`;
  }
  return `{${text}}`;
}

/** The string as it stands between the quotes of JSON. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * Notes the first refusal; what is built after it is thrown away. Typed so that it stands where a value would: neither
 * throwing nor looking for a refusal after each field costs the good lines anything.
 */
function refuse(field: string, value: unknown, more?: Partial<Refusal>): never {
  refusal ??= { field, value, ...more };
  return "" as never;
}
