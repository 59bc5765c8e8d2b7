import { written } from "./encode-case.js";
import { samples } from "./sample.js";
import { entries, number, text } from "./value.js";

const { heartbeat, register, llm_usage: usage, custom_metric: metric, unregister } = samples;
const emoji = "\u{1f600}";

export const encodeMessage = [
  ...Object.entries(samples).map(([type, { message }]) =>
    written(`smallest-${type.replace("_", "-")}`, `The smallest ${type}`, "P-1 P-2", message),
  ),
  written("full-register", "A register with every field", "P-2", {
    ...register.message,
    features: { jokes: true, raids: false },
    version: "2.1.0",
    started_at: 1790000000000,
    interval_s: 30,
    ts: 1790000000001,
  }),
  written("full-heartbeat", "A heartbeat with every field", "P-2", {
    ...heartbeat.message,
    rss_mb: 81.25,
    cpu_pct: 3.5,
    dropped: 2,
    started_at: 1790000000000,
    interval_s: 30,
    ts: 1790000000001,
  }),
  written("full-llm-usage", "A llm_usage with every field", "P-2", {
    ...usage.message,
    latency_ms: 431.5,
    provider: "openai",
    tokens_cached: 512,
    cost_usd: 0.0002,
    ts: 1790000000001,
  }),
  written("full-custom-metric", "A custom_metric with every field", "P-2", {
    ...metric.message,
    value: -7.5,
    ts: 1790000000001,
  }),
  written("full-unregister", "An unregister with every field", "P-2", {
    ...unregister.message,
    ts: 1790000000001,
  }),
  written(
    "register-without-features",
    "A register without features says that there are none",
    "P-2 M-12",
    { type: "register", channel: "lounge", pid: 4242 },
    register.message,
  ),
  written(
    "unknown-field",
    "A field that protocol 1 does not know is left out",
    "P-2",
    { ...heartbeat.message, mood: "good" },
    heartbeat.message,
  ),
  written(
    "unknown-field-nested",
    "So is one that no line could hold",
    "P-2",
    { ...heartbeat.message, mood: { a: [{ b: number("NaN") }] } },
    heartbeat.message,
  ),
  written(
    "unknown-field-long",
    "So is one that would make the line too long",
    "P-2 P-4",
    { ...heartbeat.message, mood: text({ repeat: "x", times: 70_000 }) },
    heartbeat.message,
  ),
  written(
    "field-of-another-message",
    "So is a field of another message",
    "P-2 M-11",
    { ...unregister.message, features: { a: 5 }, rss_mb: "x" },
    unregister.message,
  ),
  written(
    "null-in-optional",
    "An optional field that is null is left out",
    "P-2 M-2",
    {
      ...heartbeat.message,
      rss_mb: null,
      cpu_pct: null,
      dropped: null,
      started_at: null,
      interval_s: null,
      ts: null,
    },
    heartbeat.message,
  ),
  written(
    "null-in-features",
    "features that are null are none",
    "P-2 M-2",
    { ...register.message, features: null, version: null },
    register.message,
  ),
  written(
    "null-in-usage",
    "Optional fields of usage that are null are left out",
    "P-2 M-2",
    { ...usage.message, latency_ms: null, provider: null, tokens_cached: null, cost_usd: null, ts: null },
    usage.message,
  ),
  {
    ...written("cache-parts", "Both parts of a cache are written", "P-2 M-13", {
      ...usage.message,
      tokens_cached: 512,
      tokens_cache_write: 300,
    }),
    since: "1.1",
  },
  {
    ...written("error", "An error is written, known or not", "P-2 M-14", {
      ...usage.message,
      error: "quota_of_the_month",
    }),
    since: "1.1",
  },
  ...([heartbeat, register] as const).map(({ message }) => ({
    ...written(`trouble-${message["type"]}`, "The trouble of a bot is written", "P-2 M-15", {
      ...message,
      trouble: "gateway closed: 4004",
    }),
    since: "1.1",
  })),
  {
    ...written(
      "trouble-null",
      "No trouble is not written",
      "P-2 M-2 M-15",
      { ...heartbeat.message, trouble: null },
      heartbeat.message,
    ),
    since: "1.1",
  },
  written("zero-is-not-absent", "0 is not absent", "P-2 M-2", {
    ...heartbeat.message,
    rss_mb: 0,
    cpu_pct: 0,
    dropped: 0,
    started_at: 0,
    ts: 0,
  }),
  written("false-is-not-absent", "A feature that is off is not absent", "P-2", {
    ...register.message,
    features: { jokes: false },
  }),
  written(
    "minus-zero",
    "-0 is 0",
    "P-2 M-9",
    { ...metric.message, value: -0 },
    { ...metric.message, value: 0 },
  ),
  written(
    "minus-zero-tokens",
    "-0 tokens are 0 tokens",
    "P-2 M-9",
    { ...usage.message, tokens_in: -0 },
    { ...usage.message, tokens_in: 0 },
  ),
  written("quote", "A quote is escaped", "P-5", { ...heartbeat.message, channel: 'a"b' }),
  written("backslash", "A backslash is escaped", "P-5", { ...heartbeat.message, channel: "a\\b" }),
  written("backslash-n", "A backslash and an n are no newline", "P-5 P-1", {
    ...heartbeat.message,
    channel: "a\\nb",
  }),
  written("backslash-u", "A backslash, a u and digits are no escape", "P-5", {
    ...heartbeat.message,
    channel: "a\\u0041",
  }),
  written("last-backslash", "A backslash at the end does not escape the quote", "P-5", {
    ...usage.message,
    model: "a\\",
    feature: '\\"',
  }),
  written("slash", "A slash may be written either way", "P-5", { ...heartbeat.message, channel: "a/b" }),
  written("injection", "A channel that looks like JSON stays a channel", "P-5", {
    ...heartbeat.message,
    channel: '","pid":1,"x":"',
  }),
  written("script-end", "A channel that looks like HTML stays a channel", "P-5", {
    ...heartbeat.message,
    channel: "</script>&amp;",
  }),
  written("latin", "A letter that is not ASCII", "P-1", { ...heartbeat.message, channel: "caf\u00e9" }),
  written("emoji", "An emoji", "P-1", { ...heartbeat.message, channel: emoji }),
  written("line-separator", "U+2028 and U+2029 end no line", "P-1", {
    ...heartbeat.message,
    channel: "a\u2028b\u2029c",
  }),
  written("noncharacter", "Noncharacters and U+FEFF are data", "P-1", {
    ...heartbeat.message,
    channel: "\ufeffa\uffff\u{10ffff}",
  }),
  written(
    "feature-with-newline",
    "A newline in a feature's name is escaped: it must not end the line",
    "P-1 P-5",
    { ...register.message, features: { "a\nb": true } },
  ),
  written("feature-with-control-characters", "Control characters in features' names are escaped", "P-5", {
    ...register.message,
    features: { "\0": true, "\r": false, "\t\b\f": true, "\u001f": true, "\u007f\u0085": false },
  }),
  written("feature-with-quote", "A quote and a backslash in a feature's name are escaped", "P-5", {
    ...register.message,
    features: { '"': true, "\\": false },
  }),
  written("feature-proto", "A feature named __proto__ is written", "P-2 J-9", {
    ...register.message,
    features: entries(["__proto__", true], ["constructor", false]),
  }),
  written("features-256", "256 features are the most", "P-2 M-7", {
    ...register.message,
    features: Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`f${i}`, i % 2 === 0])),
  }),
  written("longest-channel", "A channel of 128 emoji", "P-2 M-6", {
    ...heartbeat.message,
    channel: text({ repeat: emoji, times: 128 }),
  }),
  written("longest-names", "Names of 256 code points", "P-2 M-6", {
    ...usage.message,
    model: text({ repeat: emoji, times: 256 }),
    feature: text({ repeat: "\u20ac", times: 256 }),
    provider: text({ repeat: '"', times: 256 }),
  }),
  written("longest-feature-name", "A feature's name of 128 code points", "P-2 M-7", {
    ...register.message,
    features: entries([text({ repeat: emoji, times: 128 }), true]),
  }),
  written("beyond-4096", "A line beyond 4 096 bytes is written: that bound is a SHOULD of its user", "P-4", {
    ...register.message,
    features: entries(
      ...Array.from({ length: 60 }, (_, i): [ReturnType<typeof text>, boolean] => [
        text(`${i} `, { repeat: "x", times: 120 }),
        true,
      ]),
    ),
  }),
  written("largest-pid", "The largest process id", "P-2", { ...heartbeat.message, pid: 4294967295 }),
  written("largest-tokens", "2^53 - 1 tokens are written exactly", "P-6", {
    ...usage.message,
    tokens_in: 9007199254740991,
    tokens_out: 9007199254740990,
  }),
  ...(
    [
      ["tenth", "0.1"],
      ["sum", "0.30000000000000004"],
      ["third", "0.3333333333333333"],
      ["largest", "1.7976931348623157e308"],
      ["least", "-1.7976931348623157e308"],
      ["smallest", "5e-324"],
      ["smallest-normal", "2.2250738585072014e-308"],
      ["beyond-2-to-53", "9007199254740992"],
      ["two-to-64", "18446744073709551616"],
      ["1e21", "1e21"],
      ["1e23", "1e23"],
      ["small", "0.000001"],
      ["smaller", "1e-7"],
      ["seventeen-digits", "123456.78901234568"],
    ] as const
  ).map(([id, decimal]) =>
    written(`number-${id}`, `${decimal} is read back exactly`, "P-6", {
      ...metric.message,
      value: number(decimal),
    }),
  ),
];
