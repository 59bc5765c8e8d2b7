import http from "node:http";
import https from "node:https";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { costOf } from "../../src/cost/price.js";
import { loadPriceTable } from "../../src/cost/price-table.js";
import { Resolver } from "../../src/cost/resolver.js";
import { priceOf } from "./table-price.js";

const table = await loadPriceTable();
const resolver = new Resolver(table);
const nowMs = Date.parse("2026-11-26");

function found(model: string, provider: string | null = null, ms = nowMs): string | object {
  const resolution = resolver.lookUp(model, provider);
  const price = priceOf(resolution, ms);
  if (typeof price === "string" || "reason" in resolution) return price;
  return `${resolution.provider}/${resolution.model}`;
}

test.each([
  ["deepseek-r1:7b", null, "local"],
  ["llama3:8b", null, "local"],
  ["llama3.2:latest", null, "local"],
  ["qwen2.5-coder:32b-instruct-q4_K_M", null, "local"],
  ["anything", "ollama", "local"],
  ["ollama/llama3", null, "local"],
  ["whisper-1", "openai", "no_token_price"],
  ["meta-llama/Llama-3.1-8B-Instruct", null, "provider_needed"],
  ["gpt-99", null, "unknown_model"],
  ["gpt-4o", "nobody", "unknown_provider"],
  ["my-own-model", null, "unknown_model"],
  // OpenRouter asks nothing for a call itself, Perplexity does.
  ["perplexity/sonar", null, "ambiguous"],
  // Of the longest name that protocol 1 takes: a tag is looked at in linear time.
  [`a:${"1".repeat(253)}!`, null, "unknown_model"],
  [`a:${"1x".repeat(126)}!`, null, "unknown_model"],
  ["mixtral:8x7b-instruct", null, "local"],
  ["gemma3n:e2b", null, "local"],
  ["qwen3:0.6b", null, "local"],
])("%s of provider %s has no price: %s [cost/C3]", (model, provider, reason) => {
  expect(found(model, provider)).toBe(reason);
});

test.each([
  ["openai/gpt-4o", null, "openai/gpt-4o"],
  ["openai/gpt-4o", "openai", "openai/gpt-4o"],
  ["openai/gpt-4o", "OpenAI", "openai/gpt-4o"],
  ["openai/gpt-4o", "openrouter", "openrouter/openai/gpt-4o"],
  ["openai/gpt-4o", "litellm", "openai/gpt-4o"],
  ["openrouter/openai/gpt-4o", null, "openrouter/openai/gpt-4o"],
  ["gemini/gemini-2.5-flash", null, "google/gemini-2.5-flash"],
  ["models/gemini-2.5-flash", "google", "google/gemini-2.5-flash"],
  ["GPT-4o", null, "openai/gpt-4o"],
  [
    "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
    null,
    "aws/regional.anthropic.claude-3-5-sonnet-20241022-v2:0",
  ],
  ["text-embedding-3-small", "openai", "openai/text-embedding-3-small"],
  ["perplexity/sonar", "perplexity", "perplexity/sonar"],
  ["mistral-small-latest", "openai-compatible", "mistral/mistral-small-latest"],
])("%s of provider %s is priced as %s [cost/C4]", (model, provider, name) => {
  expect(found(model, provider)).toBe(name);
});

test("the price is that of the call's own time: o3 cost five times as much until 2025-06-10 [cost/C6]", () => {
  const tokens = { tokensIn: 1_000, tokensOut: 500, tokensCached: null, tokensCacheWrite: null };
  const costAt = (day: string) => {
    const price = priceOf(resolver.lookUp("o3", null), Date.parse(day));
    return typeof price === "string" ? Number.NaN : (costOf(price, tokens) ?? Number.NaN);
  };
  expect(costAt("2025-06-09T23:59:59Z") / costAt("2025-06-11T00:00:00Z")).toBeCloseTo(5, 9);
});

test("no name throws, prints anything or asks the network [cost/C9]", () => {
  const silent = [vi.spyOn(console, "warn"), vi.spyOn(console, "log"), vi.spyOn(console, "error")];
  const asks = [vi.spyOn(http, "request"), vi.spyOn(https, "request"), vi.spyOn(globalThis, "fetch")];
  const own = new Resolver(table);
  const name = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("__proto__", "constructor", "/", "a/", "/b", ":", "us.", "toString/x"),
  );
  fc.assert(
    fc.property(name, fc.option(name), fc.double(), (model, provider, ms) => {
      const price = priceOf(own.lookUp(model, provider), ms);
      expect(["string", "object"]).toContain(typeof price);
    }),
    { numRuns: 2_000 },
  );
  for (const spy of [...silent, ...asks]) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});
