import { trackLlm } from "@kissbot/client/llm";
import { until } from "@kissbot/testkit";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProviderServer, plantedText } from "./provider-server.js";
import { Reports, readAll } from "./reports.js";

const options = { feature: "chat", model: "fallback" };
const messages = [{ role: "user" as const, content: plantedText }];
const chat = {
  model: "gpt-4o-mini-2024-07-18",
  feature: "chat",
  provider: "openai",
  tokensIn: 1_200,
  tokensOut: 340,
  tokensCached: 1_024,
};
const failed = { model: "fallback", feature: "chat", tokensIn: 0, tokensOut: 0 };

let server: ProviderServer;
let openai: OpenAI;
let client: Reports;

beforeEach(async () => {
  server = await new ProviderServer().start();
  openai = new OpenAI({ apiKey: "k", baseURL: `${server.url}/v1`, maxRetries: 0 });
  client = new Reports();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  expect(JSON.stringify(client.all)).not.toContain(plantedText);
});

const ask = (model = "gpt-4o-mini-2024-07-18") => openai.chat.completions.create({ model, messages });
const askForStream = (model = "gpt-4o-mini-2024-07-18", hasUsage = true) =>
  openai.chat.completions.create({
    model,
    messages,
    stream: true,
    stream_options: { include_usage: hasUsage },
  });

describe("chat completions", () => {
  test("are reported, and are the SDK's own", async () => {
    const completion = await trackLlm(client, options, () => ask());
    expect(completion.choices[0]?.message.content).toBe(plantedText);
    expect(client.only).toEqual(chat);
  });

  test("are usable by withResponse and asResponse, and have the price in a proxy's header", async () => {
    server.headers["x-litellm-response-cost"] = "0.0125";
    const { data, response } = await trackLlm(client, options, () => ask()).withResponse();
    expect(data.choices).toHaveLength(1);
    expect(response.status).toBe(200);
    expect(client.only).toEqual({ ...chat, costUsd: 0.0125 });
    const raw = await trackLlm(client, options, () => ask()).asResponse();
    expect(await raw.json()).toMatchObject({ object: "chat.completion" });
    expect(client.all).toHaveLength(1);
  });

  test("that are awaited within an async function, with their response, are reported", async () => {
    await trackLlm(client, options, async () => (await ask().withResponse()).data);
    expect(client.only).toEqual(chat);
  });

  test.each([
    ["fails-429", "rate_limit"],
    ["fails-401", "auth"],
    ["fails-400", "invalid_request"],
    ["fails-500", "server"],
  ])("to a model that %s are reported as %s, and reject as before", async (model, error) => {
    await expect(trackLlm(client, options, () => ask(model))).rejects.toBeInstanceOf(OpenAI.APIError);
    expect(client.only).toEqual({ ...failed, error });
  });

  test("that take too long, are aborted, or find no server are reported as such", async () => {
    const slow = () => openai.chat.completions.create({ model: "hangs", messages }, { timeout: 50 });
    await expect(trackLlm(client, options, slow)).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    const controller = new AbortController();
    const aborted = trackLlm(client, options, () =>
      openai.chat.completions.create({ model: "hangs", messages }, { signal: controller.signal }),
    );
    controller.abort();
    await expect(aborted).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    const nowhere = new OpenAI({ apiKey: "k", baseURL: "http://127.0.0.1:1/v1", maxRetries: 0 });
    await expect(
      trackLlm(client, options, () => nowhere.chat.completions.create({ model: "m", messages })),
    ).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    expect(client.all.map(({ error }) => error)).toEqual(["timeout", "cancelled", "network"]);
  });
});

describe("streams of chat completions", () => {
  test("are reported at their end, and are the SDK's own", async () => {
    const stream = await trackLlm(client, options, () => askForStream());
    expect(stream.controller).toBeInstanceOf(AbortController);
    expect(await readAll(stream)).toHaveLength(3);
    expect(client.only).toEqual(chat);
  });

  test("can be split by tee, and read as bytes", async () => {
    const [left, right] = (await trackLlm(client, options, () => askForStream())).tee();
    expect([await readAll(left), await readAll(right)].map((read) => read.length)).toEqual([3, 3]);
    expect(client.only).toEqual(chat);
    const bytes = (await trackLlm(client, options, () => askForStream())).toReadableStream();
    expect(await readAll(bytes as never)).toHaveLength(3);
    expect(client.all).toHaveLength(2);
  });

  test("that the bot leaves early are aborted as before, and reported as cancelled", async () => {
    const stream = await trackLlm(client, options, () => askForStream("hangs"));
    for await (const _ of stream) break;
    expect(stream.controller.signal.aborted).toBe(true);
    await until("the report", () => client.all.length === 1);
    expect(client.only).toEqual({ ...failed, model: "hangs", error: "cancelled" });
  });

  test("that the bot aborts end without an error as before, and are reported as cancelled", async () => {
    const stream = await trackLlm(client, options, () => askForStream("hangs"));
    for await (const _ of stream) stream.controller.abort();
    expect(client.only).toEqual({ ...failed, model: "hangs", error: "cancelled" });
  });

  test("whose connection breaks reject as before, and are reported", async () => {
    const stream = await trackLlm(client, options, () => askForStream("cut"));
    await expect(readAll(stream)).rejects.toThrow();
    expect(client.only).toEqual({ ...failed, model: "cut", error: "network" });
  });

  test("without their usage are not reported", async () => {
    await readAll(await trackLlm(client, options, () => askForStream("gpt-4o", false)));
    expect(client.all).toEqual([]);
  });

  test("by the helper stream() are reported, however they are read", async () => {
    const start = (model = "gpt-4o-mini-2024-07-18") =>
      openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
    const completion = await trackLlm(client, options, () => start()).finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe(plantedText);
    expect(client.only).toEqual(chat);
    expect(await readAll(trackLlm(client, options, () => start()))).toHaveLength(3);
    expect(client.all).toHaveLength(2);
    await expect(trackLlm(client, options, () => start("fails-500")).done()).rejects.toBeInstanceOf(
      OpenAI.APIError,
    );
    const aborted = trackLlm(client, options, () => start("hangs"));
    aborted.once("chunk", () => aborted.abort());
    await expect(aborted.done()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(client.all.slice(2).map(({ error }) => error)).toEqual(["server", "cancelled"]);
  });

  test("by the helper that fail with no listener end in an unhandled rejection, as before", async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    try {
      trackLlm(client, options, () => openai.chat.completions.stream({ model: "fails-500", messages }));
      await until("the rejection", () => unhandled.length === 1);
    } finally {
      process.off("unhandledRejection", onUnhandled);
    }
    expect(unhandled[0]).toBeInstanceOf(OpenAI.APIError);
    expect(client.only).toEqual({ ...failed, error: "server" });
  });
});

describe("responses", () => {
  const asked = { model: "gpt-5-mini", input: plantedText };
  const said = {
    model: "gpt-5-mini",
    feature: "chat",
    provider: "openai",
    tokensIn: 70,
    tokensOut: 30,
    tokensCached: 10,
  };

  test("are reported, whole and streamed", async () => {
    const response = await trackLlm(client, options, () => openai.responses.create(asked));
    expect(response.output_text).toBe(plantedText);
    expect(client.only).toEqual(said);
    const stream = await trackLlm(client, options, () => openai.responses.create({ ...asked, stream: true }));
    expect(await readAll(stream)).toHaveLength(5);
    const final = await trackLlm(client, options, () => openai.responses.stream(asked)).finalResponse();
    expect(final.output_text).toBe(plantedText);
    for (const report of client.all) expect(report).toMatchObject(said);
    expect(client.all).toHaveLength(3);
  });

  test("that say themselves that they failed are reported as that, whole and streamed", async () => {
    const failing = { ...asked, model: "fails-within" };
    expect((await trackLlm(client, options, () => openai.responses.create(failing))).status).toBe("failed");
    const stream = await trackLlm(client, options, () =>
      openai.responses.create({ ...failing, stream: true }),
    );
    expect(await readAll(stream)).toHaveLength(2);
    const report = { ...failed, model: "fails-within", error: "rate_limit" };
    expect(client.all).toMatchObject([report, report]);
  });

  test("that the bot leaves after the last event are no failures", async () => {
    const stream = await trackLlm(client, options, () => openai.responses.create({ ...asked, stream: true }));
    for await (const event of stream) if (event.type === "response.completed") break;
    await until("the report", () => client.all.length === 1);
    expect(client.only).toEqual(said);
  });
});

test("embeddings are reported, without output", async () => {
  const asked = { model: "text-embedding-3-small", input: plantedText, encoding_format: "float" as const };
  const { data } = await trackLlm(client, options, () => openai.embeddings.create(asked));
  expect(data[0]?.embedding).toEqual([0.25, 0.5]);
  expect(client.only).toEqual({
    model: "text-embedding-3-small",
    feature: "chat",
    provider: "openai",
    tokensIn: 8,
    tokensOut: 0,
  });
});
