import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Rate } from "../../src/cost/price.js";
import { loadPriceTable } from "../../src/cost/price-table.js";
import { Resolver } from "../../src/cost/resolver.js";
import { priceOf } from "./table-price.js";

/** Names of models as bots send them, without a provider but where one stands before a blank. */
const names =
  `gpt-4 gpt-4o gpt-4o-mini GPT-4o gpt-4o-2024-08-06 gpt-4.1 gpt-4.1-mini gpt-5 gpt-5-mini o3 o3-mini o4-mini gpt-3.5-turbo chatgpt-4o-latest gpt-99 gpt-4-my-finetune
ft:gpt-4o-mini-2024-07-18:org::id text-embedding-3-small openai:text-embedding-3-small whisper-1 openai:whisper-1 dall-e-3 claude-3-5-sonnet claude-3.5-sonnet claude-3-5-sonnet-20241022 claude-sonnet-4
claude-sonnet-4-5-20250929 claude-opus-4-1 claude-3-haiku-20240307 anthropic/claude-sonnet-4 anthropic.claude-3-5-sonnet-20241022-v2:0 us.anthropic.claude-3-5-sonnet-20241022-v2:0
bedrock:anthropic.claude-3-5-sonnet-20241022-v2:0 gemini-1.5-pro gemini-2.5-flash gemini-2.5-pro models/gemini-2.5-flash gemini/gemini-2.5-flash google/gemini-2.5-flash vertex_ai/gemini-2.5-pro mistral-small
mistral-small-latest mistral-large-latest mistral:mistral-small-latest mistral/mistral-small-latest codestral-latest mixtral-8x7b command-r command-r-plus cohere/command-r deepseek-chat deepseek-reasoner deepseek/deepseek-r1
deepseek-r1:7b grok-4 grok-3-mini xai:grok-4 sonar perplexity:sonar llama3 llama3:8b llama3.2:latest ollama:llama3 qwen2.5:7b mixtral:8x7b phi3:mini llama-3.1-8b-instant groq:llama-3.1-8b-instant
meta-llama/Llama-3.1-8B-Instruct together:meta-llama/Llama-3.3-70B-Instruct-Turbo openai/gpt-4o openai:openai/gpt-4o openrouter:openai/gpt-4o litellm:openai/gpt-4o openrouter/openai/gpt-4o azure/gpt-4o azure:gpt-4o
nomic-embed-text my-own-model`.split(/\s+/);
const providers = "openai bedrock mistral xai perplexity ollama groq together openrouter litellm azure".split(
  " ",
);

const atMs = Date.parse("2026-11-26");
const page = join(import.meta.dirname, "../../../../docs/cost.md");

function rateText(rate: Rate | undefined): string {
  if (rate === undefined) return "";
  return typeof rate === "number" ? `${rate}` : `${rate.base}, more for long inputs`;
}

async function tableText(): Promise<string> {
  const resolver = new Resolver(await loadPriceTable());
  const rows = names.map((given) => {
    const provider = providers.find((name) => given.startsWith(`${name}:`)) ?? null;
    const model = provider === null ? given : given.slice(provider.length + 1);
    const resolution = resolver.lookUp(model, provider);
    const price = priceOf(resolution, atMs);
    const result =
      typeof price === "string" || "reason" in resolution
        ? [`none: \`${typeof price === "string" ? price : ""}\``, "", ""]
        : [`${resolution.provider}/${resolution.model}`, rateText(price.input), rateText(price.output)];
    return `| \`${model}\` | ${[provider ?? "", ...result].join(" | ")} |`;
  });
  return ["| model | provider | priced as | $ in | $ out |", "| --- | --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

test("the page has what becomes of 79 plausible names, by the table of now", async () => {
  expect(names).toHaveLength(79);
  expect(new Set(names).size).toBe(79);
  const table = await tableText();
  const text = readFileSync(page, "utf8");
  const updated = text.replace(/<!-- names -->[\s\S]*$/, () => `<!-- names -->\n\n${table}\n`);
  if (process.env["KISSBOT_WRITE_PAGES"] === "1") writeFileSync(page, updated);
  expect(readFileSync(page, "utf8")).toBe(updated);
});
