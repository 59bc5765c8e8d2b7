import { at, attempt, isObject, nameOf } from "./value.js";

/** What an answer says of its size and price. What it does not say is null, never 0. */
export interface LlmUsage {
  /** As the provider names it. */
  readonly model: string | null;
  readonly provider: string | null;
  /** All input, including tokens read from a cache and written to one. */
  readonly tokensIn: number | null;
  /** All output, with what the model thought. */
  readonly tokensOut: number | null;
  /** Read from a cache: part of `tokensIn`. */
  readonly tokensCached: number | null;
  /** Written to a cache: part of `tokensIn`. */
  readonly tokensCacheWrite: number | null;
  /** What the call cost, in US dollars, where the provider says it. */
  readonly costUsd: number | null;
}

/**
 * The names that the providers have for a count. `tools` and `thoughts` are what Google counts
 * beside the input and the output.
 */
const names = Object.entries({
  total: /^total_?token/i,
  tokensIn: /^(total_)?(prompt|input)_?token|^prompt_eval_count|^tokens$/i,
  tokensOut: /^(total_)?(completion|output|candidates)_?token|^eval_count/i,
  tokensCached: /cached|cache_?(read|hit)/i,
  tokensCacheWrite: /cache_?(write|creation)/i,
  tools: /tool_?use/i,
  thoughts: /thought/i,
});

const remembered = new Map<string, string>();

/** The kind of count; "" if it is none. */
function countOf(key: string): string {
  const count = remembered.get(key) ?? names.find(([, pattern]) => pattern.test(key))?.[0] ?? "";
  if (remembered.size < 99) remembered.set(key, count);
  return count;
}

const noCounts = {
  tokensIn: null,
  tokensOut: null,
  tokensCached: null,
  tokensCacheWrite: null,
  costUsd: null,
};

/** What is known of a call: the rest is not there. */
export type KnownUsage = { readonly [key in keyof LlmUsage]?: NonNullable<LlmUsage[key]> };

/**
 * Adds up what an answer says, or one chunk of a stream after another. Its methods throw where
 * reading throws.
 */
export interface UsageReader {
  /** Whether a chunk said that the model has come to its end. */
  isFinished?: unknown;
  /** The answer or chunk that says itself that the call failed. */
  failure?: unknown;
  /** Takes an answer, a chunk, or a list of chunks. */
  read(given: unknown): void;
  result(): KnownUsage;
}

export function usageReader(): UsageReader {
  /** Each count, or NaN. */
  let found: Record<string, number> = { __proto__: null as never };
  let model: string | undefined;
  let provider: string | undefined;
  /** Whether cached tokens are counted in addition to the input, not as a part of it. */
  let isApart: unknown;

  function takeUsage(usage: unknown): void {
    if (!isObject(usage)) return;
    let hasDetails = false;
    for (const key of Object.keys(usage)) {
      const value = at(usage, key);
      if (Number.isInteger(value) && isAmount(value)) {
        found[countOf(key)] = value;
      } else if (value && /^(prompt|input).*details/i.test(key)) {
        takeUsage(value);
        hasDetails = true;
      }
    }
    if (at(usage, "input_tokens") !== undefined) {
      isApart = !hasDetails && at(usage, "total_tokens") === undefined;
      if (isApart && /claude/.test(`${model}`)) provider ??= "anthropic";
    }
    const isOwnKey = at(usage, "is_byok");
    if (isOwnKey !== undefined) provider ??= "openrouter";
    // With a key of the bot's own, OpenRouter says its fee alone.
    const cost = at(usage, "cost") ?? found["costUsd"];
    found["costUsd"] = (isOwnKey || cost) as number;
  }

  function takeAnswer(answer: unknown): void {
    if (!isObject(answer)) return;
    const named = at(answer, "model");
    model = [named, at(answer, "modelVersion"), at(answer, "modelId"), model].find(nameOf) as
      | string
      | undefined;
    const choice = at(at(answer, "choices") ?? at(answer, "candidates"), "0") ?? at(answer, "delta");
    let usage = at(answer, "totalUsage") ?? at(answer, "usage") ?? at(choice, "usage");
    const metadata = at(answer, "providerMetadata");
    // The AI SDK says `openai.responses`.
    provider ??= nameOf(at(named, "provider") ?? (metadata && Object.keys(metadata)[0]))?.split(".")[0];
    // Before version 6, it left out what Anthropic counts beside the input.
    if (!at(usage, "inputTokenDetails")) usage = at(at(metadata, "anthropic"), "usage") ?? usage;
    const google = at(answer, "usageMetadata");
    const isOllama = at(answer, "eval_count") ?? at(answer, "prompt_eval_count");
    reader.isFinished ||=
      at(choice, "stop_reason") ??
      at(choice, "finish_reason") ??
      at(choice, "finishReason") ??
      isOllama ??
      at(answer, "status") === "completed";
    reader.failure ||= at(answer, "error") ?? (at(answer, "type") === "error" && answer);
    if (google ?? isOllama) provider = google ? "google" : "ollama";
    takeUsage(google ?? (isOllama ? answer : usage));
    // No model writes anything for these.
    if ("tokensIn" in found && (at(answer, "embeddings") ?? at(answer, "embedding")))
      found["tokensOut"] ??= 0;
  }

  const reader: UsageReader = {
    read(given) {
      const steps = at(given, "steps") as unknown[];
      const response = at(given, "response");
      // The chunks of an answer. Raw vectors may be millions of numbers.
      if (Array.isArray(given) && !Array.isArray(given[0])) given.forEach(reader.read);
      else if (at(at(steps, "0"), "usage")) {
        // The sums of what the steps of one call say. A number that one of them does not say is
        // unknown.
        const all = steps.map(knownOf);
        ({ model, provider } = all.at(-1) as KnownUsage);
        found = { __proto__: null as never };
        for (const key of Object.keys(noCounts) as (keyof typeof noCounts)[]) {
          found[key] = all.reduce((sum, step) => sum + (step[key] ?? Number.NaN), 0);
        }
      } else {
        // An event of a stream has the answer in it; `withResponse()` has it beside the HTTP
        // response. Without one, `data` may be a getter that prints warnings.
        [given, at(given, "message"), response, response && at(given, "data")].forEach(takeAnswer);
        const headers = at(response, "headers") as Headers | undefined;
        // To LiteLLM, a model without a known price costs 0.
        const told = headers?.get?.("x-litellm-response-cost") ?? at(headers, "x-litellm-response-cost");
        found["costUsd"] ??= Number(told) || (undefined as never);
        // It counts the tokens before the first word; the end of the stream has the rest.
        if (at(given, "type") === "message_start") found["tokensOut"] = undefined as never;
      }
    },
    result() {
      const { total = Number.NaN, tools = 0, thoughts = 0, tokensCached = 0, tokensCacheWrite = 0 } = found;
      const apart = isApart ? tokensCached + tokensCacheWrite : tools;
      const tokensIn = (found["tokensIn"] ?? Number.NaN) + apart;
      const tokensOut = (found["tokensOut"] ?? Number.NaN) + thoughts;
      // Embeddings say no output, and some providers leave out of it what the model thought.
      const rest = isApart ? Number.NaN : total - tokensIn;
      if (/^(ft:)?(gpt-(?!oss)|o\d|text-embedding-[3a])/.test(`${model}`)) provider ??= "openai";
      const all: Record<string, unknown> = {
        ...found,
        tokensIn,
        tokensOut: rest >= 0 && !(rest < tokensOut) ? rest : tokensOut,
      };
      const known: Record<string, unknown> = { model, provider };
      for (const key of Object.keys(noCounts)) if (isAmount(all[key])) known[key] = all[key];
      return known;
    },
  };
  return reader;
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < 2 ** 53;
}

function knownOf(answer: unknown): KnownUsage {
  const reader = usageReader();
  reader.read(answer);
  return reader.result();
}

/**
 * Reads the tokens and price of an answer: one of OpenAI (chat completions, responses, embeddings),
 * Anthropic, Google GenAI, Ollama, OpenRouter, LiteLLM, the Vercel AI SDK, or one with the fields
 * of these; or the list of a stream's chunks. Null if the answer has none. Never throws, and reads
 * no text except the names of model and provider.
 */
export function usageOf(response: unknown): LlmUsage | null {
  const { model = null, provider = null, ...counts } = attempt(() => knownOf(response)) ?? {};
  if (!Object.keys(counts)[0]) return null;
  return { model, provider, ...noCounts, ...counts };
}
