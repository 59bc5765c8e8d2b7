import Anthropic from "@anthropic-ai/sdk";
import { trackLlm } from "@kissbot/client/llm";
import { until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ProviderServer, plantedText } from "./provider-server.js";
import { Reports, readAll } from "./reports.js";

const options = { feature: "chat", model: "fallback" };
const model = "claude-sonnet-5-0";
const said = {
  model,
  feature: "chat",
  provider: "anthropic",
  tokensIn: 4_212,
  tokensOut: 55,
  tokensCached: 4_000,
  tokensCacheWrite: 200,
};

let server: ProviderServer;
let anthropic: Anthropic;
let client: Reports;

beforeEach(async () => {
  server = await new ProviderServer().start();
  anthropic = new Anthropic({ apiKey: "k", baseURL: server.url, maxRetries: 0 });
  client = new Reports();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  expect(JSON.stringify(client.all)).not.toContain(plantedText);
});

const asked = (name = model) => ({
  model: name,
  max_tokens: 100,
  messages: [{ role: "user" as const, content: plantedText }],
});

test("a message is reported with all of its input, the cached part and the written part", async () => {
  const message = await trackLlm(client, options, () => anthropic.messages.create(asked()));
  expect(message.usage.input_tokens).toBe(12);
  expect(client.only).toEqual(said);
  const { response } = await trackLlm(client, options, () =>
    anthropic.messages.create(asked()),
  ).withResponse();
  expect(response.status).toBe(200);
  expect(client.all).toHaveLength(2);
});

test("a stream is reported at its end, by create and by the helper stream()", async () => {
  const stream = await trackLlm(client, options, () =>
    anthropic.messages.create({ ...asked(), stream: true }),
  );
  expect(await readAll(stream)).toHaveLength(6);
  expect(client.only).toEqual(said);
  const final = await trackLlm(client, options, () => anthropic.messages.stream(asked())).finalMessage();
  expect(final.usage.output_tokens).toBe(55);
  expect(await readAll(trackLlm(client, options, () => anthropic.messages.stream(asked())))).toHaveLength(6);
  for (const report of client.all) expect(report).toMatchObject(said);
  expect(client.all).toHaveLength(3);
});

test("a stream that the bot leaves early is reported as cancelled, with the input", async () => {
  const stream = await trackLlm(client, options, () =>
    anthropic.messages.create({ ...asked("hangs"), stream: true }),
  );
  for await (const event of stream) if (event.type === "content_block_delta") break;
  await until("the report", () => client.all.length === 1);
  expect(client.only).toMatchObject({ model: "hangs", tokensIn: 4_212, tokensOut: 0, error: "cancelled" });
});

test("a stream that breaks rejects as before, and is reported with the input", async () => {
  const stream = await trackLlm(client, options, () =>
    anthropic.messages.create({ ...asked("cut"), stream: true }),
  );
  await expect(readAll(stream)).rejects.toThrow();
  expect(client.only).toMatchObject({ model: "cut", tokensIn: 4_212, tokensOut: 0, error: "network" });
});

test("what fails, is aborted or takes too long is reported as such, and rejects as before", async () => {
  for (const name of ["fails-429", "fails-529", "fails-401"]) {
    await expect(
      trackLlm(client, options, () => anthropic.messages.create(asked(name))),
    ).rejects.toBeInstanceOf(Anthropic.APIError);
  }
  const helper = trackLlm(client, options, () => anthropic.messages.stream(asked("hangs")));
  helper.once("text", () => helper.abort());
  await expect(helper.done()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
  const slow = () => anthropic.messages.create(asked("hangs"), { timeout: 50 });
  await expect(trackLlm(client, options, slow)).rejects.toBeInstanceOf(Anthropic.APIConnectionTimeoutError);
  expect(client.all.map(({ error }) => error)).toEqual([
    "rate_limit",
    "server",
    "auth",
    "cancelled",
    "timeout",
  ]);
});
