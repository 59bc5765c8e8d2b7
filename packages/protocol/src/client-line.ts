import { cr, lf } from "./byte.js";
import type { CustomMetric, DecodedMessage, Heartbeat, LlmUsage } from "./generated/message.js";
import { isPolluted } from "./generated/pollution.js";
import { maxChannelLength, maxNameLength, maxPid } from "./limit.js";
import { isDots, isErrorCode } from "./name.js";
import { nameOf } from "./name-table.js";
import { latin1FromBytes } from "./utf8.js";

/*
 * The lines that live bots send most are read from their bytes, if they are written as clients
 * write them: known fields in the order of the specification, each once, names in printable ASCII
 * without escapes, numbers of digits, a point and a negative exponent; with a space behind each
 * comma and colon or with none. Any other line, be it valid or not, is left to JSON.parse. That
 * saves time (measured: `pnpm bench ablation`, `client-line`). This makes no rejection; and what it
 * makes is what JSON.parse and the readers make (proven by test/client-line.test.ts).
 *
 * No check asks for the end: the newline there is no byte that goes on.
 */

/** Where the reading stands. */
let at = 0;

/**
 * The message that stands from `from` on, its `\n` within `bytes`; undefined if it is not certain
 * to be one.
 */
export function messageOfClientLine(bytes: Uint8Array, from: number): DecodedMessage | undefined {
  if (isPolluted()) return undefined;
  at = from;
  const isSpaced = bytes[from + 8] === 0x20;
  const pieces = isSpaced ? spaced : compact;
  switch (bytes[from + (isSpaced ? 10 : 9)]) {
    case 0x68:
      return heartbeatOf(bytes, pieces);
    case 0x6c:
      return llmUsageOf(bytes, pieces);
    case 0x63:
      return customMetricOf(bytes, pieces);
    default:
      return undefined;
  }
}

/** Where the line ends that was read last, behind its newline. */
export function endOfClientLine(): number {
  return at;
}

function heartbeatOf(bytes: Uint8Array, pieces: Pieces): Heartbeat | undefined {
  if (!takes(bytes, pieces.heartbeat)) return undefined;
  const channel = nextName(bytes, maxChannelLength);
  if (channel === "" || isDots(channel) || !takes(bytes, pieces.pid)) return undefined;
  const pid = nextCount(bytes);
  if (pid < 1 || pid > maxPid) return undefined;
  const message: Heartbeat = { type: "heartbeat", channel, pid };
  if (takesEnd(bytes)) return message;
  if (takes(bytes, pieces.rss_mb)) {
    const value = nextAmount(bytes);
    if (value < 0) return undefined;
    message.rss_mb = value;
  }
  if (takes(bytes, pieces.cpu_pct)) {
    const value = nextAmount(bytes);
    if (value < 0) return undefined;
    message.cpu_pct = value;
  }
  if (takes(bytes, pieces.dropped)) {
    const value = nextCount(bytes);
    if (value < 0) return undefined;
    message.dropped = value;
  }
  if (takes(bytes, pieces.started_at)) {
    const value = nextAmount(bytes);
    if (value < 0) return undefined;
    message.started_at = value;
  }
  if (takes(bytes, pieces.interval_s)) {
    const value = nextAmount(bytes);
    if (value <= 0) return undefined;
    message.interval_s = value;
  }
  if (takes(bytes, pieces.trouble)) {
    const value = nextName(bytes, maxNameLength);
    if (value === "") return undefined;
    message.trouble = value;
  }
  if (takes(bytes, pieces.ts)) {
    const value = nextAmount(bytes);
    if (value < 0) return undefined;
    message.ts = value;
  }
  return takesEnd(bytes) ? message : undefined;
}

function llmUsageOf(bytes: Uint8Array, pieces: Pieces): LlmUsage | undefined {
  if (!takes(bytes, pieces.llm_usage)) return undefined;
  const channel = nextName(bytes, maxChannelLength);
  if (channel === "" || isDots(channel) || !takes(bytes, pieces.model)) return undefined;
  const model = nextName(bytes, maxNameLength);
  if (model === "" || !takes(bytes, pieces.feature)) return undefined;
  const feature = nextName(bytes, maxNameLength);
  if (feature === "" || !takes(bytes, pieces.tokens_in)) return undefined;
  const tokens_in = nextCount(bytes);
  if (tokens_in < 0 || !takes(bytes, pieces.tokens_out)) return undefined;
  const tokens_out = nextCount(bytes);
  if (tokens_out < 0) return undefined;
  const message: LlmUsage = { type: "llm_usage", channel, model, feature, tokens_in, tokens_out };
  if (takes(bytes, pieces.latency_ms)) {
    const value = nextAmount(bytes);
    if (value < 0) return undefined;
    message.latency_ms = value;
  }
  if (takesEnd(bytes)) return message;
  if (takes(bytes, pieces.provider)) {
    const value = nextName(bytes, maxNameLength);
    if (value === "") return undefined;
    message.provider = value;
  }
  if (takes(bytes, pieces.tokens_cached)) {
    const value = nextCount(bytes);
    if (value < 0) return undefined;
    message.tokens_cached = value;
  }
  if (takes(bytes, pieces.tokens_cache_write)) {
    const value = nextCount(bytes);
    if (value < 0) return undefined;
    message.tokens_cache_write = value;
  }
  if (takes(bytes, pieces.cost_usd)) {
    const value = nextAmount(bytes);
    if (value < 0) return undefined;
    message.cost_usd = value;
  }
  if (takes(bytes, pieces.error)) {
    const value = nextName(bytes, maxNameLength);
    if (!isErrorCode(value)) return undefined;
    message.error = value;
  }
  if (takes(bytes, pieces.ts)) {
    const value = nextAmount(bytes);
    if (value < 0) return undefined;
    message.ts = value;
  }
  return takesEnd(bytes) ? message : undefined;
}

function customMetricOf(bytes: Uint8Array, pieces: Pieces): CustomMetric | undefined {
  if (!takes(bytes, pieces.custom_metric)) return undefined;
  const channel = nextName(bytes, maxChannelLength);
  if (channel === "" || isDots(channel) || !takes(bytes, pieces.metric_name)) return undefined;
  const metric_name = nextName(bytes, maxNameLength);
  if (metric_name === "" || !takes(bytes, pieces.value)) return undefined;
  const value = nextAmount(bytes);
  if (value < 0) return undefined;
  const message: CustomMetric = { type: "custom_metric", channel, metric_name, value };
  if (takes(bytes, pieces.ts)) {
    const ts = nextAmount(bytes);
    if (ts < 0) return undefined;
    message.ts = ts;
  }
  return takesEnd(bytes) ? message : undefined;
}

/** What stands between the values, as bytes. */
type Pieces = ReturnType<typeof piecesOf>;

function piecesOf(space: string) {
  const piece = (text: string) => new TextEncoder().encode(text.replace(/[,:]/g, `$&${space}`));
  return {
    heartbeat: piece('{"type":"heartbeat","channel":"'),
    llm_usage: piece('{"type":"llm_usage","channel":"'),
    custom_metric: piece('{"type":"custom_metric","channel":"'),
    pid: piece(',"pid":'),
    rss_mb: piece(',"rss_mb":'),
    cpu_pct: piece(',"cpu_pct":'),
    dropped: piece(',"dropped":'),
    started_at: piece(',"started_at":'),
    interval_s: piece(',"interval_s":'),
    trouble: piece(',"trouble":"'),
    model: piece(',"model":"'),
    feature: piece(',"feature":"'),
    tokens_in: piece(',"tokens_in":'),
    tokens_out: piece(',"tokens_out":'),
    latency_ms: piece(',"latency_ms":'),
    provider: piece(',"provider":"'),
    tokens_cached: piece(',"tokens_cached":'),
    tokens_cache_write: piece(',"tokens_cache_write":'),
    cost_usd: piece(',"cost_usd":'),
    error: piece(',"error":"'),
    metric_name: piece(',"metric_name":"'),
    value: piece(',"value":'),
    ts: piece(',"ts":'),
  };
}
const compact = /* @__PURE__ */ piecesOf("");
const spaced = /* @__PURE__ */ piecesOf(" ");

/** Whether the piece comes next; then the reading goes on behind it. */
function takes(bytes: Uint8Array, piece: Uint8Array): boolean {
  const from = at;
  for (let i = 0; i < piece.length; i++) if (bytes[from + i] !== piece[i]) return false;
  at = from + piece.length;
  return true;
}

function takesEnd(bytes: Uint8Array): boolean {
  if (bytes[at] !== 0x7d) return false;
  const end = bytes[at + 1] === cr ? at + 2 : at + 1;
  if (bytes[end] !== lf) return false;
  at = end + 1;
  return true;
}

/** A name and the quote behind it; empty if none is recognised. */
function nextName(bytes: Uint8Array, maxLength: number): string {
  const from = at;
  let i = from;
  let hash = 0;
  for (; bytes[i] !== 0x22; i++) {
    if (i - from === maxLength) return "";
    const byte = bytes[i] as number;
    // Said so that it is true beyond the end, too.
    if (!(byte >= 0x20 && byte <= 0x7e) || byte === 0x5c) return "";
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  at = i + 1;
  return nameOf(bytes, from, i, hash);
}

/** An integer of at most 15 digits, so that it is less than 2^53; -1 if none is recognised. */
function nextCount(bytes: Uint8Array): number {
  const from = at;
  let value = (bytes[from] as number) - 0x30;
  if (!(value >= 0 && value <= 9)) return -1;
  let i = from + 1;
  // A digit behind a zero is taken for no piece.
  if (value > 0) {
    for (; ; i++) {
      const digit = (bytes[i] as number) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = 10 * value + digit;
    }
    if (i - from > 15) return -1;
  }
  at = i;
  return value;
}

/** The powers of ten that are doubles. */
const powersOfTen = /* @__PURE__ */ Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** More decimals than a client writes. */
const maxDecimals = 40;

/** A number, at least 0; -1 if none is recognised. */
function nextAmount(bytes: Uint8Array): number {
  const start = at;
  let value = nextCount(bytes);
  if (value < 0) return -1;
  let i = at;
  let decimals = 0;
  if (bytes[i] === 0x2e) {
    const from = i + 1;
    for (i = from; ; i++) {
      const digit = (bytes[i] as number) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = 10 * value + digit;
      if (i - from === maxDecimals) return -1;
    }
    decimals = i - from;
    if (decimals === 0) return -1;
  }
  const isSmall = bytes[i] === 0x65;
  if (isSmall) {
    i = endOfNegativeExponent(bytes, i);
    if (i < 0) return -1;
  }
  at = i;
  // Both are doubles without an error, so the quotient is the double that is nearest.
  if (!isSmall && value < 2 ** 53 && decimals < powersOfTen.length)
    return value / (powersOfTen[decimals] as number);
  const rounded = Number(latin1FromBytes(bytes, start, i));
  // Another thread may have changed shared bytes since they were looked at.
  return rounded >= 0 && rounded < Infinity ? rounded + 0 : -1;
}

/** Of up to three digits, as in the price of a short call; -1 if none is recognised. */
function endOfNegativeExponent(bytes: Uint8Array, from: number): number {
  if (bytes[from + 1] !== 0x2d) return -1;
  let i = from + 2;
  for (; i < from + 5; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (!(digit >= 0 && digit <= 9)) break;
  }
  return i === from + 2 ? -1 : i;
}
