import { line, message, stream } from "./expectation.js";
import { number } from "./value.js";

/*
 * What `json.dumps(message) + "\n"` of the clients of the Python era looks like, written down to
 * the byte: a space behind each colon and comma, all that is not ASCII escaped, lower-case digits,
 * astral characters as pairs of surrogates.
 */

const registration = message({
  type: "register",
  channel: "lounge",
  pid: 4242,
  features: { jokes: true, raids: false },
});

export const pythonEra = [
  line(
    "register",
    "A registration with its features",
    "J-5 M-7",
    '{"type": "register", "channel": "lounge", "pid": 4242, "features": {"jokes": true, "raids": false}}',
    registration,
  ),
  line(
    "register-no-features",
    "A registration with no feature",
    "J-5 M-7",
    '{"type": "register", "channel": "lounge", "pid": 4242, "features": {}}',
    message({ type: "register", channel: "lounge", pid: 4242, features: {} }),
  ),
  line(
    "heartbeat",
    "A heartbeat",
    "J-5",
    '{"type": "heartbeat", "channel": "lounge", "pid": 4242}',
    message({ type: "heartbeat", channel: "lounge", pid: 4242 }),
  ),
  line(
    "unregister",
    "A goodbye",
    "J-5",
    '{"type": "unregister", "channel": "lounge", "pid": 4242}',
    message({ type: "unregister", channel: "lounge", pid: 4242 }),
  ),
  line(
    "llm-usage",
    "Usage with a float for its latency",
    "J-5",
    '{"type": "llm_usage", "channel": "lounge", "model": "gpt-4o-mini", "feature": "reply", "tokens_in": 812, "tokens_out": 64, "latency_ms": 431.2509765625}',
    message({
      type: "llm_usage",
      channel: "lounge",
      model: "gpt-4o-mini",
      feature: "reply",
      tokens_in: 812,
      tokens_out: 64,
      latency_ms: number("431.2509765625"),
    }),
  ),
  line(
    "llm-usage-none",
    "None is written as null: the latency is absent",
    "J-5 M-2",
    '{"type": "llm_usage", "channel": "lounge", "model": "gpt-4o-mini", "feature": "reply", "tokens_in": 812, "tokens_out": 64, "latency_ms": null}',
    message({
      type: "llm_usage",
      channel: "lounge",
      model: "gpt-4o-mini",
      feature: "reply",
      tokens_in: 812,
      tokens_out: 64,
    }),
  ),
  line(
    "custom-metric",
    "A metric with an integral float",
    "J-5 J-7",
    '{"type": "custom_metric", "channel": "lounge", "metric_name": "queue", "value": 7.0}',
    message({ type: "custom_metric", channel: "lounge", metric_name: "queue", value: 7 }),
  ),
  line(
    "exponent",
    "A small float, with two digits in its exponent",
    "J-7",
    '{"type": "custom_metric", "channel": "lounge", "metric_name": "queue", "value": 1e-05}',
    message({ type: "custom_metric", channel: "lounge", metric_name: "queue", value: number("0.00001") }),
  ),
  line(
    "large-exponent",
    "A large float, with a plus in its exponent",
    "J-7",
    '{"type": "custom_metric", "channel": "lounge", "metric_name": "queue", "value": 1e+16}',
    message({
      type: "custom_metric",
      channel: "lounge",
      metric_name: "queue",
      value: number("10000000000000000"),
    }),
  ),
  line(
    "escaped-latin",
    "Letters that are not ASCII are escaped",
    "J-4",
    '{"type": "heartbeat", "channel": "caf\\u00e9", "pid": 4242}',
    message({ type: "heartbeat", channel: "caf\u00e9", pid: 4242 }),
  ),
  line(
    "escaped-cjk",
    "So are those of other scripts",
    "J-4",
    '{"type": "heartbeat", "channel": "\\u96d1\\u8ac7", "pid": 4242}',
    message({ type: "heartbeat", channel: "\u96d1\u8ac7", pid: 4242 }),
  ),
  line(
    "escaped-astral",
    "An emoji is a pair of escaped surrogates",
    "J-4 M-8",
    '{"type": "heartbeat", "channel": "\\ud83d\\ude00 lounge", "pid": 4242}',
    message({ type: "heartbeat", channel: "\u{1f600} lounge", pid: 4242 }),
  ),
  line(
    "escaped-feature",
    "A feature is named by escapes",
    "J-4 M-7",
    '{"type": "register", "channel": "lounge", "pid": 4242, "features": {"\\u00fcbersetzen": true}}',
    message({ type: "register", channel: "lounge", pid: 4242, features: { "\u00fcbersetzen": true } }),
  ),
  line(
    "escaped-quote-and-backslash",
    "A quote and a backslash are escaped",
    "J-4",
    '{"type": "heartbeat", "channel": "a\\"b\\\\c", "pid": 4242}',
    message({ type: "heartbeat", channel: 'a"b\\c', pid: 4242 }),
  ),
  line(
    "escaped-delete",
    "U+007F is escaped, though it is ASCII",
    "J-4 M-11",
    '{"type": "heartbeat", "channel": "lounge", "pid": 4242, "note": "\\u007f"}',
    message({ type: "heartbeat", channel: "lounge", pid: 4242 }),
  ),
  stream(
    "one-line-per-connection",
    "One line, and the end of the stream",
    "J-5 F-4",
    ['{"type": "heartbeat", "channel": "lounge", "pid": 4242}\n'],
    [message({ type: "heartbeat", channel: "lounge", pid: 4242 })],
  ),
  stream(
    "no-newline",
    "One line whose newline the client forgot",
    "F-7",
    ['{"type": "heartbeat", "channel": "lounge", "pid": 4242}'],
    [message({ type: "heartbeat", channel: "lounge", pid: 4242 })],
  ),
  stream(
    "several-lines",
    "A client that keeps its connection",
    "J-5 F-4",
    [
      '{"type": "register", "channel": "lounge", "pid": 4242, "features": {"jokes": true, "raids": false}}\n',
      '{"type": "heartbeat", "channel": "lounge", "pid": 4242}\n{"type": "heartbeat", "channel": "lounge", "pid": 4242}\n',
      '{"type": "unregister", "channel": "lounge", "pid": 4242}\n',
    ],
    [
      registration,
      message({ type: "heartbeat", channel: "lounge", pid: 4242 }),
      message({ type: "heartbeat", channel: "lounge", pid: 4242 }),
      message({ type: "unregister", channel: "lounge", pid: 4242 }),
    ],
  ),
];
