import { isPlainObject } from "./features.js";
import type {
  CustomMetric,
  Heartbeat,
  LlmUsage,
  Message,
  Register,
  Unregister,
} from "./generated/message.js";
import { isPolluted } from "./generated/pollution.js";
import {
  maxChannelLength,
  maxFeatureNameLength,
  maxFeatures,
  maxLineBytes,
  maxNameLength,
  maxPid,
} from "./limit.js";
import { channelPattern, isDots, isErrorCode, isFeatureName, isPlain, namePattern } from "./name.js";
import { isAmount, isCount, isFiniteNumber, isInterval, isPid } from "./quantity.js";
import { describeValue, errorOfRefusal, escaped, type Refusal } from "./refusal.js";

/*
 * A line is put together from constant pieces while its fields are checked. Two things were
 * measured to cost more than that (`pnpm bench protocol`): JSON.stringify, which looks every key up
 * and escapes it again on each call, and a checked copy of the message in between, which doubled
 * the time.
 */

/** Features: an object whose every property is a boolean, be it a dictionary or an interface. */
type Flags<F> = Readonly<Partial<Record<keyof F, boolean>>>;

/**
 * The message as one line with its `\n`: at most 65 536 bytes of UTF-8 before it, no other newline
 * in it. Writes the fields of protocol 1 in the order of the specification; leaves out other
 * fields, and optional ones that are `undefined` or `null`. Only own properties count. Reads each
 * field once; reads a field that throws once more, to learn its name. The line decodes to the
 * message that went in [P-2].
 *
 * Throws TypeError if a field is missing, of the wrong kind or not readable, or if `type` names no
 * message; RangeError if the value of a field is out of its range or the line would be too long.
 * The message of either begins with the name of the field, or with `message` if the argument is no
 * object. Nothing else is thrown.
 */
export function encode<F extends Flags<F> = Record<string, boolean>>(message: Message<F>): string {
  const line = tryEncode(message as Message);
  if (typeof line === "string") return line;
  throw errorOfRefusal(line);
}

/**
 * As `encode`, but returns the reason instead of throwing it: never throws. A refusal costs no more
 * than a line, where an error costs twenty times as much. `messageOfRefusal` puts the reason into
 * words.
 */
export function tryEncode(message: Message): string | Refusal {
  if (!isObject(message)) return encodeWhole(message);
  try {
    const prototype = Object.getPrototypeOf(message);
    if (prototype === null || (prototype === Object.prototype && !isPolluted())) return encodeWhole(message);
  } catch {
    // Read once more below, to learn which field it is.
  }
  return lineOfOwnFields(message as unknown as Record<string, unknown>);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Slow: for a message that may inherit fields, and to learn which field cannot be read. */
function lineOfOwnFields(message: Record<string, unknown>): string | Refusal {
  let field = "message";
  const get = (_: object, name: string) => {
    field = name;
    return Object.hasOwn(message, name) ? message[name] : undefined;
  };
  try {
    return encodeWhole(new Proxy({} as Message, { get } as ProxyHandler<Message>));
  } catch (cause) {
    return { field, value: message, cause };
  }
}

/** The first refusal of the line that is being put together. */
let refusal: Refusal | undefined;

/**
 * As `tryEncode`, for an object that has every field of its type as a property of its own, the
 * unused ones as undefined: what it could inherit is not looked into, which saves a tenth of the
 * time. Throws what a getter of it throws.
 */
export function encodeWhole(message: Message): string | Refusal {
  if (!isObject(message)) return { field: "message", value: message, expected: "an object" };
  // A getter of the message may encode another one.
  const outer = refusal;
  refusal = undefined;
  try {
    const line = lineOf(message);
    return refusal ?? line;
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
      return refuse("type", "a message of protocol 1", type, false);
  }
}

function heartbeatLine(m: Heartbeat): string {
  return `{"type":"heartbeat","channel":"${channel(m.channel)}","pid":${pid(m.pid)}${amount("rss_mb", m.rss_mb)}${amount("cpu_pct", m.cpu_pct)}${optionalCount("dropped", m.dropped)}${finite("started_at", m.started_at)}${interval(m.interval_s)}${optionalName("trouble", m.trouble)}${finite("ts", m.ts)}}\n`;
}

function llmUsageLine(m: LlmUsage): string {
  return `{"type":"llm_usage","channel":"${channel(m.channel)}","model":"${name("model", m.model)}","feature":"${name("feature", m.feature)}","tokens_in":${count("tokens_in", m.tokens_in)},"tokens_out":${count("tokens_out", m.tokens_out)}${amount("latency_ms", m.latency_ms)}${optionalName("provider", m.provider)}${optionalCount("tokens_cached", m.tokens_cached)}${optionalCount("tokens_cache_write", m.tokens_cache_write)}${amount("cost_usd", m.cost_usd)}${error(m.error)}${finite("ts", m.ts)}}\n`;
}

function customMetricLine(m: CustomMetric): string {
  return `{"type":"custom_metric","channel":"${channel(m.channel)}","metric_name":"${name("metric_name", m.metric_name)}","value":${value(m.value)}${finite("ts", m.ts)}}\n`;
}

function unregisterLine(m: Unregister): string {
  return `{"type":"unregister","channel":"${channel(m.channel)}","pid":${pid(m.pid)}${finite("ts", m.ts)}}\n`;
}

function registerLine(m: Register): string {
  const line = `{"type":"register","channel":"${channel(m.channel)}","pid":${pid(m.pid)},"features":${features(m.features)}${optionalName("version", m.version)}${finite("started_at", m.started_at)}${interval(m.interval_s)}${optionalName("trouble", m.trouble)}${finite("ts", m.ts)}}\n`;
  // Only a registration can get this long: 256 feature names of 128 code points.
  if (line.length * 3 > maxLineBytes) {
    const bytes = new TextEncoder().encode(line).length - 1;
    if (bytes > maxLineBytes) refuse("features", `a line of at most ${maxLineBytes} bytes`, bytes);
  }
  return line;
}

/*
 * One function per kind of field: the JSON text of a good value (a string's without its quotes,
 * which stand in the constant pieces: fewer pieces), an error for a bad one. Those of optional
 * fields write the field's name too, or nothing.
 */

function channel(value: unknown): string {
  if (isDots(value)) return refuse("channel", "neither . nor ..", value, true);
  return name("channel", value, maxChannelLength, channelPattern);
}

function name(field: string, value: unknown, maxLength = maxNameLength, pattern = namePattern): string {
  if (isPlain(value, maxLength)) return value;
  const isString = typeof value === "string";
  if (isString && pattern.test(value)) return escaped(value);
  const wanted = `1 to ${maxLength} code points, no control characters, well-formed Unicode`;
  return refuse(field, wanted, value, isString);
}

function pid(value: unknown): number {
  return isPid(value) ? value : refuse("pid", `an integer from 1 to ${maxPid}`, value);
}

function count(field: string, value: unknown): number {
  return isCount(value) ? value : refuse(field, `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`, value);
}

function value(value: unknown): number {
  return isFiniteNumber(value) ? value : refuse("value", "a finite number", value);
}

function optionalName(field: string, value: unknown): string {
  return value === undefined || value === null ? "" : `,"${field}":"${name(field, value)}"`;
}

function optionalCount(field: string, value: unknown): string {
  return value === undefined || value === null ? "" : `,"${field}":${count(field, value)}`;
}

function amount(field: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  return isAmount(value) ? `,"${field}":${value}` : refuse(field, "a finite number, at least 0", value);
}

function finite(field: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  return isFiniteNumber(value) ? `,"${field}":${value}` : refuse(field, "a finite number", value);
}

function interval(value: unknown): string {
  if (value === undefined || value === null) return "";
  return isInterval(value)
    ? `,"interval_s":${value}`
    : refuse("interval_s", "a finite number above 0", value);
}

function error(value: unknown): string {
  if (value === undefined || value === null) return "";
  const wanted = "1 to 64 characters of a-z, 0-9 and _";
  return isErrorCode(value)
    ? `,"error":"${value}"`
    : refuse("error", wanted, value, typeof value === "string");
}

/** Reads each flag once: what was checked is what is written, even where a flag is a getter. */
function features(value: unknown): string {
  if (value === undefined || value === null) return "{}";
  if (!isPlainObject(value)) return refuse("features", "an object of booleans", value, false);
  const names = Object.keys(value);
  if (names.length > maxFeatures) return refuse("features", `at most ${maxFeatures}`, names.length);
  let text = "";
  for (const name of names) {
    const flag = value[name];
    if (typeof flag !== "boolean") {
      return refuse("features", `${describeValue(name)} to be true or false`, flag, false);
    }
    if (!isFeatureName(name)) {
      return refuse("features", `names of 1 to ${maxFeatureNameLength} code points`, name, true);
    }
    text += `${text && ","}"${escaped(name)}":${flag}`;
  }
  return `{${text}}`;
}

/**
 * Notes the first refusal; what is built after it is thrown away. Typed so that it stands where a
 * value would: neither throwing nor looking for a refusal after each field costs the good lines
 * anything.
 */
function refuse(
  field: string,
  expected: string,
  value: unknown,
  isOfKind = typeof value === "number",
): never {
  refusal ??= { field, value, expected, isOfKind };
  return "" as never;
}
