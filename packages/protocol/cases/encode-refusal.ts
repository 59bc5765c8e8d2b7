import { refused } from "./encode-case.js";
import { samples } from "./sample.js";
import { entries, number, type Tagged, text } from "./value.js";

const heartbeat = samples.heartbeat.message;
const register = samples.register.message;
const usage = samples.llm_usage.message;
const metric = samples.custom_metric.message;

type Refusal = [
  id: string,
  title: string,
  spec: string,
  base: Record<string, Tagged>,
  field: string,
  value: Tagged,
];

const refusals: Refusal[] = [
  ["channel-null", "null", "P-3 M-1", heartbeat, "channel", null],
  ["channel-number", "a number", "P-3 M-3", heartbeat, "channel", 7],
  ["channel-empty", "empty", "P-3 M-4", heartbeat, "channel", ""],
  ["channel-newline", "with a newline", "P-3 P-1", heartbeat, "channel", "a\nb"],
  ["channel-zero", "with U+0000", "P-3 M-4", heartbeat, "channel", "a\0"],
  ["channel-u0085", "with U+0085", "P-3 M-4", heartbeat, "channel", "a\u0085"],
  ["channel-dot", "a dot", "P-3 M-4", heartbeat, "channel", "."],
  ["channel-two-dots", "two dots", "P-3 M-4", heartbeat, "channel", ".."],
  ["channel-129", "of 129 characters", "P-3 M-6", heartbeat, "channel", text({ repeat: "x", times: 129 })],
  [
    "channel-129-astral",
    "of 129 emoji",
    "P-3 M-6",
    heartbeat,
    "channel",
    text({ repeat: "\u{1f600}", times: 129 }),
  ],
  [
    "channel-lone-surrogate",
    "with a lone surrogate",
    "P-3 M-8",
    heartbeat,
    "channel",
    text("a", { utf16: [0xd800] }),
  ],
  [
    "channel-reversed-surrogates",
    "with surrogates the wrong way round",
    "P-3 M-8",
    heartbeat,
    "channel",
    text({ utf16: [0xde00, 0xd83d] }),
  ],
  ["model-257", "of 257 characters", "P-3 M-5", usage, "model", text({ repeat: "x", times: 257 })],
  ["model-tab", "with a tab", "P-3 M-5", usage, "model", "a\tb"],
  ["feature-empty", "empty", "P-3 M-5", usage, "feature", ""],
  ["provider-number", "a number", "P-3 M-3", usage, "provider", 7],
  ["version-empty", "empty", "P-3 M-5", register, "version", ""],
  ["metric-name-array", "an array", "P-3 M-3", metric, "metric_name", ["queue"]],
  ["pid-null", "null", "P-3 M-1", heartbeat, "pid", null],
  ["pid-zero", "0", "P-3 M-3", heartbeat, "pid", 0],
  ["pid-true", "true", "P-3 M-3", heartbeat, "pid", true],
  ["pid-text", "digits in a string", "P-3 M-3", heartbeat, "pid", "4242"],
  ["pid-fraction", "a fraction", "P-3 M-3", heartbeat, "pid", 1.5],
  ["pid-two-to-32", "2^32", "P-3 M-3", heartbeat, "pid", 4294967296],
  ["tokens-in-negative", "negative", "P-3 M-3", usage, "tokens_in", -1],
  ["tokens-in-nan", "NaN", "P-3", usage, "tokens_in", number("NaN")],
  ["tokens-out-two-to-53", "2^53", "P-3 M-3", usage, "tokens_out", number("9007199254740992")],
  ["tokens-out-true", "true", "P-3 M-3", usage, "tokens_out", true],
  ["tokens-cached-fraction", "a fraction", "P-3 M-3", usage, "tokens_cached", 0.5],
  ["latency-ms-negative", "negative", "P-3 M-3", usage, "latency_ms", -0.001],
  ["latency-ms-infinity", "infinite", "P-3", usage, "latency_ms", number("Infinity")],
  ["cost-usd-nan", "NaN", "P-3", usage, "cost_usd", number("NaN")],
  ["value-nan", "NaN", "P-3", metric, "value", number("NaN")],
  ["value-infinity", "infinite", "P-3", metric, "value", number("Infinity")],
  ["value-minus-infinity", "negative and infinite", "P-3", metric, "value", number("-Infinity")],
  ["value-null", "null", "P-3 M-1", metric, "value", null],
  ["value-text", "a string", "P-3 M-3", metric, "value", "7"],
  ["rss-mb-negative", "negative", "P-3 M-3", heartbeat, "rss_mb", -1],
  ["cpu-pct-true", "true", "P-3 M-3", heartbeat, "cpu_pct", true],
  ["dropped-negative", "negative", "P-3 M-3", heartbeat, "dropped", -1],
  ["interval-s-zero", "0", "P-3 M-3", heartbeat, "interval_s", 0],
  ["started-at-text", "a date as text", "P-3 M-3", register, "started_at", "2026-01-01T00:00:00Z"],
  ["ts-infinity", "infinite", "P-3 M-10", heartbeat, "ts", number("Infinity")],
  ["features-array", "an array", "P-3 M-7", register, "features", []],
  ["features-text", "a string", "P-3 M-7", register, "features", "jokes"],
  ["features-value-one", "with 1 in place of true", "P-3 M-7", register, "features", { jokes: 1 }],
  ["features-value-null", "with null in place of false", "P-3 M-7", register, "features", { jokes: null }],
  ["features-name-empty", "with an empty name", "P-3 M-7", register, "features", { "": true }],
  [
    "features-name-129",
    "with a name of 129 characters",
    "P-3 M-7",
    register,
    "features",
    entries([text({ repeat: "x", times: 129 }), true]),
  ],
  [
    "features-name-lone-surrogate",
    "with a lone surrogate in a name",
    "P-3 M-8",
    register,
    "features",
    entries([text({ utf16: [0xdc00] }), true]),
  ],
  [
    "features-257",
    "257 features",
    "P-3 M-7",
    register,
    "features",
    Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, true])),
  ],
  [
    "features-line-too-long",
    "so long that the line would be longer than 65 536 bytes",
    "P-4",
    register,
    "features",
    entries(
      ...Array.from({ length: 256 }, (_, i): [Tagged, Tagged] => [
        text(`${i} `, { repeat: "\u{1f600}", times: 120 }),
        true,
      ]),
    ),
  ],
];

/** Of fields that came with protocol 1.1. */
const later: Refusal[] = [
  ["tokens-cache-write-negative", "negative", "P-3 M-3", usage, "tokens_cache_write", -1],
  ["error-message", "a message", "P-3 M-14", usage, "error", "Rate limit exceeded"],
  ["error-empty", "empty", "P-3 M-14", usage, "error", ""],
  ["error-newline", "with a newline at its end", "P-3 M-14", usage, "error", "timeout\n"],
  ["error-number", "a number", "P-3 M-3", usage, "error", 429],
  ["error-65", "of 65 characters", "P-3 M-14", usage, "error", text({ repeat: "x", times: 65 })],
  ["trouble-empty", "empty", "P-3 M-5", heartbeat, "trouble", ""],
  ["trouble-true", "true", "P-3 M-3", register, "trouble", true],
  ["trouble-newline", "with a newline", "P-3 P-1", heartbeat, "trouble", "Error: x\n at y"],
  ["trouble-257", "of 257 characters", "P-3 M-5", register, "trouble", text({ repeat: "x", times: 257 })],
];

const missing: [base: Record<string, Tagged>, field: string][] = [
  [heartbeat, "channel"],
  [heartbeat, "pid"],
  [usage, "model"],
  [usage, "feature"],
  [usage, "tokens_in"],
  [usage, "tokens_out"],
  [metric, "metric_name"],
  [metric, "value"],
];

export const encodeRefusal = [
  ...refusals.map(([id, title, spec, base, field, value]) =>
    refused(id, `${field} must not be ${title}`, spec, field, { ...base, [field]: value }),
  ),
  ...later.map(([id, title, spec, base, field, value]) => ({
    ...refused(id, `${field} must not be ${title}`, spec, field, { ...base, [field]: value }),
    since: "1.1",
  })),
  ...missing.map(([base, field]) => {
    const { [field]: _, ...rest } = base;
    return refused(`${field.replaceAll("_", "-")}-missing`, `${field} must be there`, "P-3 M-1", field, rest);
  }),
  refused("type-missing", "type must be there", "P-3 R-2", "type", { channel: "lounge", pid: 1 }),
  refused("type-unknown", "type must be one of protocol 1", "P-3 R-3", "type", {
    type: "reboot",
    channel: "lounge",
    pid: 1,
  }),
  refused("type-capital", "type must be spelled exactly", "P-3 R-3", "type", {
    type: "Heartbeat",
    channel: "lounge",
    pid: 1,
  }),
  refused("type-null", "type must not be null", "P-3 R-2", "type", { type: null, channel: "lounge", pid: 1 }),
  refused("type-constructor", "type must not be a name that objects inherit", "P-3 J-9", "type", {
    type: "constructor",
    channel: "lounge",
    pid: 1,
  }),
];
