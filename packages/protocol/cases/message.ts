import type { DecodeCase } from "./case.js";
import { line, message } from "./expectation.js";
import { fieldCases } from "./field.js";
import { lineOf, type MessageType, samples } from "./sample.js";
import { number, type Tagged } from "./value.js";

/** Every field of the message at once, so that no field is taken for another. */
const full: Record<MessageType, { text: string; value: Tagged }> = {
  register: {
    text: '{"type":"register","channel":"lounge","pid":4242,"features":{"jokes":true,"raids":false},"version":"2.1.0","started_at":1790000000000,"interval_s":30,"ts":1790000000001}',
    value: {
      type: "register",
      channel: "lounge",
      pid: 4242,
      features: { jokes: true, raids: false },
      version: "2.1.0",
      started_at: 1790000000000,
      interval_s: 30,
      ts: 1790000000001,
    },
  },
  heartbeat: {
    text: '{"type":"heartbeat","channel":"lounge","pid":4242,"rss_mb":81.25,"cpu_pct":3.5,"dropped":2,"started_at":1790000000000,"interval_s":30,"ts":1790000000001}',
    value: {
      type: "heartbeat",
      channel: "lounge",
      pid: 4242,
      rss_mb: number("81.25"),
      cpu_pct: number("3.5"),
      dropped: 2,
      started_at: 1790000000000,
      interval_s: 30,
      ts: 1790000000001,
    },
  },
  unregister: {
    text: '{"type":"unregister","channel":"lounge","pid":4242,"ts":1790000000001}',
    value: { type: "unregister", channel: "lounge", pid: 4242, ts: 1790000000001 },
  },
  llm_usage: {
    text: '{"type":"llm_usage","channel":"lounge","model":"gpt-4o-mini","feature":"reply","tokens_in":812,"tokens_out":64,"latency_ms":431.5,"provider":"openai","tokens_cached":512,"cost_usd":0.0002,"ts":1790000000001}',
    value: {
      type: "llm_usage",
      channel: "lounge",
      model: "gpt-4o-mini",
      feature: "reply",
      tokens_in: 812,
      tokens_out: 64,
      latency_ms: number("431.5"),
      provider: "openai",
      tokens_cached: 512,
      cost_usd: number("0.0002"),
      ts: 1790000000001,
    },
  },
  custom_metric: {
    text: '{"type":"custom_metric","channel":"lounge","metric_name":"queue","value":-7.5,"ts":1790000000001}',
    value: {
      type: "custom_metric",
      channel: "lounge",
      metric_name: "queue",
      value: number("-7.5"),
      ts: 1790000000001,
    },
  },
};

const usage =
  '{"type":"llm_usage","channel":"lounge","model":"gpt-4o-mini","feature":"reply","tokens_in":812,"tokens_out":64';
const { message: usageMessage } = samples.llm_usage;

/** What a bot says of itself in protocol 1.1. */
function troubleCases(type: "register" | "heartbeat"): DecodeCase[] {
  const text = lineOf({ ...samples[type].texts, trouble: '"gateway closed: 4004"' });
  const value = message({ ...samples[type].message, trouble: "gateway closed: 4004" });
  return [{ ...line("trouble", "A bot that is alive may be in trouble", "M-15", text, value), since: "1.1" }];
}

/** What later minor versions added. */
const later: Partial<Record<MessageType, DecodeCase[]>> = {
  register: troubleCases("register"),
  heartbeat: troubleCases("heartbeat"),
  llm_usage: [
    {
      ...line(
        "cache-parts",
        "Tokens read from a cache and tokens written to it are parts of those sent",
        "M-3 M-13",
        `${usage},"tokens_cached":512,"tokens_cache_write":300}`,
        message({ ...usageMessage, tokens_cached: 512, tokens_cache_write: 300 }),
      ),
      since: "1.1",
    },
    {
      ...line(
        "cache-parts-above-tokens-in",
        "Parts that are more than the whole are accepted: a receiver does not judge what they come to",
        "M-13",
        `${usage},"tokens_cached":812,"tokens_cache_write":813}`,
        message({ ...usageMessage, tokens_cached: 812, tokens_cache_write: 813 }),
      ),
      since: "1.1",
    },
    {
      ...line(
        "failed",
        "A call that failed has an error, and may have no tokens",
        "M-14",
        '{"type":"llm_usage","channel":"lounge","model":"gpt-4o-mini","feature":"reply","tokens_in":0,"tokens_out":0,"error":"rate_limit"}',
        message({ ...usageMessage, tokens_in: 0, tokens_out: 0, error: "rate_limit" }),
      ),
      since: "1.1",
    },
  ],
};

/** All cases of one message; `full` has every field of protocol 1.0. */
export function messageCases(type: MessageType): DecodeCase[] {
  return [
    line("full", `A ${type} with every field`, "M-1 M-3", full[type].text, message(full[type].value)),
    ...(later[type] ?? []),
    ...fieldCases(type),
  ];
}
