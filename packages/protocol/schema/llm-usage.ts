import { Type } from "@sinclair/typebox";
import { Channel, name } from "./name.js";
import { optional } from "./optional.js";
import { amount, count, Timestamp } from "./quantity.js";

export const LlmUsage = Type.Object(
  {
    type: Type.Literal("llm_usage"),
    channel: Channel,
    model: name("Model that was called"),
    feature: name("Feature of the bot that called it"),
    tokens_in: count("Tokens sent"),
    tokens_out: count("Tokens received"),
    latency_ms: optional(amount("How long the call took, in milliseconds")),
    provider: optional(name("Provider of the model")),
    tokens_cached: optional(count("Tokens served from a cache, part of `tokens_in`")),
    tokens_cache_write: optional(count("Tokens written to the provider's cache, part of `tokens_in`")),
    cost_usd: optional(amount("What the call cost, in US dollars")),
    error: optional(
      Type.String({
        description:
          "How the call failed, if it did: 1 to 64 characters of `a` to `z`, `0` to `9` and `_`, never a message.",
        minLength: 1,
        maxLength: 64,
        pattern: "^[a-z0-9_]*$",
      }),
    ),
    ts: optional(Timestamp),
  },
  { description: "One call of a large language model." },
);
