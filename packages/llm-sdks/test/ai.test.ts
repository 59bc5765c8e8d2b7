import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { trackLlm, usageOf } from "@kissbot/client/llm";
import { until } from "@kissbot/testkit";
import { embed, generateText, type LanguageModel, streamText } from "ai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProviderServer, plantedText } from "./provider-server.js";
import { Reports, readAll } from "./reports.js";

const options = { feature: "chat", model: "fallback" };

let server: ProviderServer;
let openai: ReturnType<typeof createOpenAI>;
let anthropic: ReturnType<typeof createAnthropic>;
let client: Reports;

beforeEach(async () => {
  server = await new ProviderServer().start();
  openai = createOpenAI({ apiKey: "k", baseURL: `${server.url}/v1` });
  anthropic = createAnthropic({ apiKey: "k", baseURL: `${server.url}/v1` });
  client = new Reports();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  expect(JSON.stringify(client.all)).not.toContain(plantedText);
});

const providers: [string, () => LanguageModel, object][] = [
  [
    "OpenAI's responses",
    () => openai("gpt-5-mini"),
    { model: "gpt-5-mini", provider: "openai", tokensIn: 70, tokensOut: 30, tokensCached: 10 },
  ],
  [
    "OpenAI's chat completions",
    () => openai.chat("gpt-4o-mini"),
    { model: "gpt-4o-mini", provider: "openai", tokensIn: 1_200, tokensOut: 340, tokensCached: 1_024 },
  ],
  [
    "Anthropic",
    () => anthropic("claude-sonnet-4-5"),
    {
      model: "claude-sonnet-4-5",
      provider: "anthropic",
      tokensIn: 4_212,
      tokensOut: 55,
      tokensCached: 4_000,
      tokensCacheWrite: 200,
    },
  ],
];

describe.each(providers)("of %s", (_, model, said) => {
  test("generateText is reported", async () => {
    const result = await trackLlm(client, options, () =>
      generateText({ model: model(), prompt: plantedText }),
    );
    expect(result.text).toBe(plantedText);
    expect(client.only).toMatchObject({ feature: "chat", ...said });
  });

  test("streamText is reported at its end, however it is read", async () => {
    const ask = () => trackLlm(client, options, () => streamText({ model: model(), prompt: plantedText }));
    expect((await readAll(ask().textStream)).join("")).toBe(plantedText);
    await until("the report", () => client.all.length === 1);
    expect(await ask().text).toBe(plantedText);
    await until("the report", () => client.all.length === 2);
    expect(await ask().toTextStreamResponse().text()).toBe(plantedText);
    await until("the report", () => client.all.length === 3);
    expect((await readAll(ask().fullStream)).length).toBeGreaterThan(3);
    await until("the report", () => client.all.length === 4);
    for (const report of client.all) expect(report).toMatchObject(said);
  });

  test("the event of onFinish has the usage, too", async () => {
    let found: unknown;
    const result = streamText({
      model: model(),
      prompt: plantedText,
      onFinish: (event) => {
        found = usageOf(event);
      },
    });
    await result.consumeStream();
    expect(found).toMatchObject(said);
  });
});

test("a stream that nobody reads is not read by the monitor", async () => {
  const pulled: string[] = [];
  const result = trackLlm(client, options, () =>
    streamText({
      model: openai("gpt-5-mini"),
      prompt: plantedText,
      onChunk: ({ chunk }) => void pulled.push(chunk.type),
    }),
  );
  await until("the request", () => server.requests === 1);
  // What would read it has had the time to: another stream is read to its end.
  await readAll(
    trackLlm(client, options, () => streamText({ model: openai("gpt-5-mini"), prompt: "?" })).textStream,
  );
  await until("the other report", () => client.all.length === 1);
  expect(pulled).toEqual([]);
  await result.consumeStream();
  await until("the report", () => client.all.length === 2);
});

test("an embedding is reported, with the model that the bot names", async () => {
  const ask = () => embed({ model: openai.embedding("text-embedding-3-small"), value: plantedText });
  const { embedding } = await trackLlm(client, { feature: "search", model: "text-embedding-3-small" }, ask);
  expect(embedding).toEqual([0.25, 0.5]);
  expect(client.only).toMatchObject({
    feature: "search",
    model: "text-embedding-3-small",
    tokensIn: 8,
    tokensOut: 0,
  });
});

test.each([
  ["fails-429", "rate_limit"],
  ["fails-500", "server"],
  ["fails-401", "auth"],
])("generateText with a model that %s is reported as %s, and rejects as before", async (name, error) => {
  const ask = () => generateText({ model: openai.chat(name), prompt: plantedText, maxRetries: 0 });
  await expect(trackLlm(client, options, ask)).rejects.toMatchObject({ name: "AI_APICallError" });
  expect(client.only).toMatchObject({ model: "fallback", error });
});

test("generateText that fails after its retries is reported once, by the last failure", async () => {
  const ask = () => generateText({ model: openai.chat("fails-503"), prompt: plantedText, maxRetries: 1 });
  await expect(trackLlm(client, options, ask)).rejects.toMatchObject({ name: "AI_RetryError" });
  expect(client.only).toMatchObject({ error: "server" });
  expect(server.requests).toBe(2);
});

test("an aborted call is reported as cancelled", async () => {
  const controller = new AbortController();
  const ask = () =>
    generateText({ model: openai.chat("hangs"), prompt: "?", abortSignal: controller.signal });
  const asked = trackLlm(client, options, ask);
  await until("the request", () => server.requests === 1);
  controller.abort();
  await expect(asked).rejects.toThrow();
  expect(client.only).toMatchObject({ error: "cancelled" });
});

test("a stream that fails is reported by its failure where the bot reads all of it", async () => {
  const ask = () => streamText({ model: openai.chat("fails-429"), prompt: "?", maxRetries: 0, onError() {} });
  // The first stream of a process loads what watches the others.
  trackLlm(client, options, ask);
  await until("the file", async () => {
    await readAll(trackLlm(client, options, ask).fullStream);
    return client.all.at(-1)?.error === "rate_limit";
  });
});

test("a stream that fails, and of which the bot handles nothing, is no unhandled rejection, as before", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  try {
    const ask = () =>
      streamText({ model: openai.chat("fails-429"), prompt: "?", maxRetries: 0, onError() {} });
    await readAll(trackLlm(client, options, ask).textStream);
    await until("the report", () => client.all.length === 1);
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
  expect(unhandled).toEqual([]);
});

test("a stream that the bot leaves early is reported as cancelled", async () => {
  const ask = () => streamText({ model: openai.chat("hangs"), prompt: "?" });
  trackLlm(client, options, ask);
  await until("the report", async () => {
    for await (const _ of trackLlm(client, options, ask).textStream) break;
    return client.all.some(({ error }) => error === "cancelled");
  });
});

/**
 * The report of a stream that was read so; the first stream of a process loads what watches the
 * others.
 */
async function reportOf(
  ask: () => ReturnType<typeof streamText>,
  read: (stream: ReturnType<typeof streamText>) => Promise<unknown>,
) {
  for (let i = 1; i <= 2; i++) {
    await read(trackLlm(client, options, ask));
    await until("the report", () => client.all.length === i);
  }
  return client.all.at(-1);
}

test("a stream that fails within is a failure, with its kind where the bot reads all of it", async () => {
  const ask = () => streamText({ model: openai("fails-within"), prompt: "?", maxRetries: 0, onError() {} });
  const report = await reportOf(ask, (stream) => readAll(stream.textStream));
  expect(report).toMatchObject({ error: "other" });
  await readAll(trackLlm(client, options, ask).fullStream);
  await until("the report", () => client.all.length === 3);
  expect(client.all.at(-1)).toMatchObject({ error: "rate_limit" });
});
