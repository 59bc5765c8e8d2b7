import fc from "fast-check";
import { expect, test } from "vitest";
import { type LlmUsage, usageOf } from "../src/llm.js";
import { hostilePlan, made } from "./hostile-value.js";

const nothing: LlmUsage = {
  model: null,
  provider: null,
  tokensIn: null,
  tokensOut: null,
  tokensCached: null,
  tokensCacheWrite: null,
  costUsd: null,
};

const anthropicStart = {
  type: "message_start",
  message: {
    type: "message",
    model: "claude-sonnet-4-5-20250929",
    usage: {
      input_tokens: 12,
      cache_creation_input_tokens: 200,
      cache_read_input_tokens: 4_000,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 0 },
      output_tokens: 1,
    },
  },
};
const chunk = { object: "chat.completion.chunk", model: "gpt-4o-mini-2024-07-18", usage: null };

/** An answer as its provider documents it, and what it says. */
const answers: Record<string, [answer: unknown, says: Partial<LlmUsage>]> = {
  "a chat completion of OpenAI": [
    {
      object: "chat.completion",
      model: "gpt-4o-mini-2024-07-18",
      choices: [{ finish_reason: "stop", message: { role: "assistant", content: "42" } }],
      usage: {
        prompt_tokens: 1_200,
        completion_tokens: 340,
        total_tokens: 1_540,
        prompt_tokens_details: { cached_tokens: 1_024, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
      },
    },
    {
      model: "gpt-4o-mini-2024-07-18",
      provider: "openai",
      tokensIn: 1_200,
      tokensOut: 340,
      tokensCached: 1_024,
    },
  ],
  "a response of OpenAI": [
    {
      object: "response",
      status: "completed",
      model: "o3-2025-04-16",
      usage: {
        input_tokens: 70,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 30,
        output_tokens_details: { reasoning_tokens: 20 },
        total_tokens: 100,
      },
    },
    { model: "o3-2025-04-16", provider: "openai", tokensIn: 70, tokensOut: 30, tokensCached: 0 },
  ],
  "the last event of a response of OpenAI": [
    {
      type: "response.completed",
      response: { model: "gpt-5", usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 } },
    },
    { model: "gpt-5", provider: "openai", tokensIn: 7, tokensOut: 3 },
  ],
  "embeddings of another service with OpenAI's shape": [
    { model: "text-embedding-v4", usage: { prompt_tokens: 3, total_tokens: 3 } },
    { model: "text-embedding-v4", tokensIn: 3, tokensOut: 0 },
  ],
  "embeddings of OpenAI": [
    {
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.1] }],
      model: "text-embedding-3-small",
      usage: { prompt_tokens: 8, total_tokens: 8 },
    },
    { model: "text-embedding-3-small", provider: "openai", tokensIn: 8, tokensOut: 0 },
  ],
  "a stream of OpenAI with its usage": [
    [
      { ...chunk, choices: [{ delta: { content: "4" } }] },
      { ...chunk, choices: [{ delta: {}, finish_reason: "stop" }] },
      { ...chunk, choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } },
    ],
    { model: "gpt-4o-mini-2024-07-18", provider: "openai", tokensIn: 5, tokensOut: 2 },
  ],
  "a message of Anthropic, whose cache is counted beside the input": [
    anthropicStart.message,
    {
      model: "claude-sonnet-4-5-20250929",
      provider: "anthropic",
      tokensIn: 4_212,
      tokensOut: 1,
      tokensCached: 4_000,
      tokensCacheWrite: 200,
    },
  ],
  "a stream of Anthropic": [
    [
      anthropicStart,
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "42" } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 55 } },
      { type: "message_stop" },
    ],
    {
      model: "claude-sonnet-4-5-20250929",
      provider: "anthropic",
      tokensIn: 4_212,
      tokensOut: 55,
      tokensCached: 4_000,
      tokensCacheWrite: 200,
    },
  ],
  "the end of a stream of Anthropic that repeats the input": [
    [
      anthropicStart,
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: {
          input_tokens: 20,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 4_000,
          output_tokens: 9,
        },
      },
    ],
    {
      model: "claude-sonnet-4-5-20250929",
      provider: "anthropic",
      tokensIn: 4_020,
      tokensOut: 9,
      tokensCached: 4_000,
      tokensCacheWrite: 0,
    },
  ],
  "only the beginning of a stream of Anthropic, which cannot know the output": [
    anthropicStart,
    {
      model: "claude-sonnet-4-5-20250929",
      provider: "anthropic",
      tokensIn: 4_212,
      tokensCached: 4_000,
      tokensCacheWrite: 200,
    },
  ],
  "an answer of Google, with thoughts and tools": [
    {
      candidates: [{ content: { parts: [{ text: "42" }] }, finishReason: "STOP" }],
      modelVersion: "gemini-2.5-flash",
      usageMetadata: {
        promptTokenCount: 100,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 50,
        toolUsePromptTokenCount: 30,
        cachedContentTokenCount: 60,
        totalTokenCount: 200,
        promptTokensDetails: [{ modality: "TEXT", tokenCount: 100 }],
      },
    },
    { model: "gemini-2.5-flash", provider: "google", tokensIn: 130, tokensOut: 70, tokensCached: 60 },
  ],
  "an answer of Google that ended while it thought": [
    { modelVersion: "gemini-2.5-pro", usageMetadata: { promptTokenCount: 10, totalTokenCount: 75 } },
    { model: "gemini-2.5-pro", provider: "google", tokensIn: 10, tokensOut: 65 },
  ],
  "an answer of Ollama": [
    {
      model: "llama3.2:3b",
      message: { role: "assistant", content: "42" },
      done: true,
      total_duration: 5_000_000,
      prompt_eval_count: 26,
      prompt_eval_duration: 1_000,
      eval_count: 290,
      eval_duration: 2_000,
    },
    { model: "llama3.2:3b", provider: "ollama", tokensIn: 26, tokensOut: 290 },
  ],
  "an answer of Ollama whose prompt was in its cache, and was not counted": [
    { model: "llama3.2:3b", response: "42", done: true, eval_count: 290 },
    { model: "llama3.2:3b", provider: "ollama", tokensOut: 290 },
  ],
  "embeddings of Ollama": [
    { model: "nomic-embed-text", embeddings: [[0.1]], prompt_eval_count: 6 },
    { model: "nomic-embed-text", provider: "ollama", tokensIn: 6, tokensOut: 0 },
  ],
  "an answer of OpenRouter with its price": [
    {
      model: "anthropic/claude-sonnet-4",
      provider: "Anthropic",
      usage: {
        prompt_tokens: 194,
        completion_tokens: 2,
        total_tokens: 196,
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 100 },
        cost: 0.95,
        is_byok: false,
        cost_details: { upstream_inference_cost: null },
      },
    },
    {
      model: "anthropic/claude-sonnet-4",
      provider: "openrouter",
      tokensIn: 194,
      tokensOut: 2,
      tokensCached: 0,
      tokensCacheWrite: 100,
      costUsd: 0.95,
    },
  ],
  "an answer of OpenRouter with the bot's own key, whose price is only its fee": [
    {
      model: "openai/gpt-4o",
      usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, cost: 0.001, is_byok: true },
    },
    { model: "openai/gpt-4o", provider: "openrouter", tokensIn: 10, tokensOut: 2 },
  ],
  "an answer of LiteLLM, with the HTTP response that has the price": [
    {
      data: {
        model: "mistral-small",
        usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
      },
      response: new Response(null, { headers: { "x-litellm-response-cost": "0.00042" } }),
    },
    { model: "mistral-small", tokensIn: 10, tokensOut: 2, costUsd: 0.00042 },
  ],
  "an answer of LiteLLM, which knows no price and says 0": [
    {
      data: { model: "mistral-small", usage: { prompt_tokens: 10, completion_tokens: 2 } },
      response: { headers: { "x-litellm-response-cost": "0.0" } },
    },
    { model: "mistral-small", tokensIn: 10, tokensOut: 2 },
  ],
  "a free call, where the provider says so": [
    {
      model: "meta-llama/llama-3.3-8b:free",
      usage: { prompt_tokens: 1, completion_tokens: 2, cost: 0, is_byok: false },
    },
    { model: "meta-llama/llama-3.3-8b:free", provider: "openrouter", tokensIn: 1, tokensOut: 2, costUsd: 0 },
  ],
  "an answer of DeepSeek": [
    {
      model: "deepseek-chat",
      usage: {
        prompt_tokens: 90,
        completion_tokens: 10,
        total_tokens: 100,
        prompt_cache_hit_tokens: 64,
        prompt_cache_miss_tokens: 26,
      },
    },
    { model: "deepseek-chat", tokensIn: 90, tokensOut: 10, tokensCached: 64 },
  ],
  "an answer of xAI, which leaves out of its output what the model thought": [
    {
      model: "grok-4",
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 40,
        prompt_tokens_details: { text_tokens: 10, cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 25 },
      },
    },
    { model: "grok-4", tokensIn: 10, tokensOut: 30, tokensCached: 4 },
  ],
  "a chunk of Moonshot, with the usage in its choice": [
    { model: "kimi-k2", choices: [{ usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }] },
    { model: "kimi-k2", tokensIn: 3, tokensOut: 4 },
  ],
  "a call of the AI SDK in two steps": [
    {
      text: "42",
      totalUsage: { inputTokens: 1, outputTokens: 1 },
      steps: [1, 2].map((step) => ({
        model: { provider: "openai.responses", modelId: "gpt-4o" },
        response: { modelId: "gpt-4o-2024-08-06", headers: {} },
        providerMetadata: { openai: { responseId: "r" } },
        usage: {
          inputTokens: 100 * step,
          inputTokenDetails: { noCacheTokens: 60, cacheReadTokens: 40 * step, cacheWriteTokens: undefined },
          outputTokens: 10 * step,
          outputTokenDetails: { textTokens: 10, reasoningTokens: 0 },
          totalTokens: 110 * step,
        },
      })),
    },
    { model: "gpt-4o-2024-08-06", provider: "openai", tokensIn: 300, tokensOut: 30, tokensCached: 120 },
  ],
  "a call of the AI SDK of which one step does not say its output": [
    {
      steps: [
        { response: { modelId: "m" }, usage: { inputTokens: 5, outputTokens: 6 } },
        { response: { modelId: "m" }, usage: { inputTokens: 5, outputTokens: Number.NaN } },
      ],
    },
    { model: "m", tokensIn: 10 },
  ],
  "a call of version 5 of the AI SDK to Anthropic, which leaves out the cache": [
    {
      usage: { inputTokens: 12, outputTokens: 3, totalTokens: 15, cachedInputTokens: 4_000 },
      response: { modelId: "claude-sonnet-4-5" },
      providerMetadata: {
        anthropic: {
          usage: {
            input_tokens: 12,
            cache_read_input_tokens: 4_000,
            cache_creation_input_tokens: 200,
            output_tokens: 3,
          },
        },
      },
    },
    {
      model: "claude-sonnet-4-5",
      provider: "anthropic",
      tokensIn: 4_212,
      tokensOut: 3,
      tokensCached: 4_000,
      tokensCacheWrite: 200,
    },
  ],
  "an embedding of the AI SDK": [
    { embedding: [0.1], usage: { tokens: 9 } },
    { tokensIn: 9, tokensOut: 0 },
  ],
};

test.each(Object.entries(answers))("usage is read from %s", (_, [answer, says]) => {
  expect(usageOf(answer)).toEqual({ ...nothing, ...says });
});

test.each([
  ["nothing", undefined],
  ["null", null],
  ["a text", "usage"],
  ["a number", 7],
  ["an empty object", {}],
  ["an answer without usage", { model: "gpt-4o", choices: [] }],
  ["usage that is null", { model: "gpt-4o", usage: null }],
  ["usage that is a text", { usage: "12 tokens" }],
  ["counts that are texts", { usage: { prompt_tokens: "12", completion_tokens: "3" } }],
  ["counts that are negative", { usage: { prompt_tokens: -1, completion_tokens: -3 } }],
  ["counts that are broken", { usage: { prompt_tokens: 1.5, completion_tokens: Number.NaN } }],
  ["counts beyond what a number holds", { usage: { prompt_tokens: 2 ** 53, completion_tokens: 1e300 } }],
  ["a cost that is a text", { usage: { cost: " " } }],
  ["a key of the bot's own that is a text", { usage: { is_byok: "yes" } }],
  ["audio by the second", { text: "hi", usage: { type: "duration", seconds: 7 } }],
  ["embeddings without usage", { embeddings: [{ values: [1] }] }],
  ["no chunks", []],
  ["no steps", { steps: [] }],
])("%s is unknown usage, and never 0", (_, answer) => {
  expect(usageOf(answer)).toBeNull();
});

test("what an answer inherits from a polluted Object.prototype is no usage", () => {
  Object.defineProperty(Object.prototype, "usage", {
    value: { prompt_tokens: 1, completion_tokens: 2 },
    configurable: true,
  });
  try {
    expect(usageOf({ model: "m" })).toBeNull();
  } finally {
    Reflect.deleteProperty(Object.prototype, "usage");
  }
});

test("no value makes usageOf throw, and every count that it finds is one that protocol 1 takes", () => {
  fc.assert(
    fc.property(hostilePlan, (plan) => {
      const usage = usageOf(made(plan));
      if (usage === null) return;
      for (const count of [usage.tokensIn, usage.tokensOut, usage.tokensCached, usage.tokensCacheWrite]) {
        expect(count === null || (Number.isSafeInteger(count) && count >= 0)).toBe(true);
      }
      expect(usage.costUsd === null || (Number.isFinite(usage.costUsd) && usage.costUsd >= 0)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test("the numbers of raw vectors are not looked at, however many there are", () => {
  let looks = 0;
  const vector = new Proxy([0.1, 0.2], {
    get: (target, key) => {
      looks++;
      return Reflect.get(target, key);
    },
  });
  expect(usageOf([vector, vector])).toBeNull();
  // For the fields of an answer, and for none of its numbers.
  expect(looks).toBeLessThanOrEqual(4);
});

test("a cost that is a text is unknown, and the tokens beside it are not [client/F35]", () => {
  const usage = usageOf({ usage: { prompt_tokens: 3, completion_tokens: 4, cost: "0.25" } });
  expect(usage).toMatchObject({ tokensIn: 3, tokensOut: 4, costUsd: null });
  const step = { usage: { prompt_tokens: 1, completion_tokens: 2, cost: "0.25" } };
  expect(usageOf({ steps: [step, step] })).toMatchObject({ tokensIn: 2, tokensOut: 4, costUsd: null });
});

test("usage is a copy: a change of the answer later changes nothing", () => {
  const answer = { model: "m", usage: { prompt_tokens: 1, completion_tokens: 2 } };
  const usage = usageOf(answer);
  answer.usage.prompt_tokens = 99;
  expect(usage?.tokensIn).toBe(1);
});
