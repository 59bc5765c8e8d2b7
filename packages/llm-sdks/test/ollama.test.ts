import { trackLlm } from "@kissbot/client/llm";
import { until } from "@kissbot/testkit";
import { Ollama } from "ollama";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ProviderServer, plantedText } from "./provider-server.js";
import { Reports, readAll } from "./reports.js";

const options = { feature: "chat", model: "fallback" };
const messages = [{ role: "user", content: plantedText }];
const said = { model: "llama3.2:3b", feature: "chat", provider: "ollama", tokensIn: 26, tokensOut: 290 };

let server: ProviderServer;
let ollama: Ollama;
let client: Reports;

beforeEach(async () => {
  server = await new ProviderServer().start();
  ollama = new Ollama({ host: server.url });
  client = new Reports();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  expect(JSON.stringify(client.all)).not.toContain(plantedText);
});

test("an answer is reported", async () => {
  const answer = await trackLlm(client, options, () =>
    ollama.chat({ model: "llama3.2:3b", messages, stream: false }),
  );
  expect(answer.message.content).toBe(plantedText);
  expect(client.only).toEqual(said);
});

test("a stream is reported at its end", async () => {
  const stream = await trackLlm(client, options, () =>
    ollama.chat({ model: "llama3.2:3b", messages, stream: true }),
  );
  expect(await readAll(stream)).toHaveLength(2);
  expect(client.only).toEqual(said);
});

test("a stream that the bot leaves early, or aborts, is reported as cancelled", async () => {
  const left = await trackLlm(client, options, () => ollama.chat({ model: "hangs", messages, stream: true }));
  for await (const _ of left) break;
  await until("the report", () => client.all.length === 1);
  const aborted = await trackLlm(client, options, () =>
    ollama.chat({ model: "hangs", messages, stream: true }),
  );
  await expect(
    (async () => {
      for await (const _ of aborted) aborted.abort();
    })(),
  ).rejects.toThrow();
  expect(client.all).toMatchObject([
    { model: "hangs", error: "cancelled" },
    { model: "hangs", error: "cancelled" },
  ]);
});

test("what fails is reported as such, and rejects as before", async () => {
  for (const model of ["fails-404", "fails-500"]) {
    await expect(
      trackLlm(client, options, () => ollama.chat({ model, messages, stream: false })),
    ).rejects.toMatchObject({ name: "ResponseError" });
  }
  const cut = await trackLlm(client, options, () => ollama.chat({ model: "cut", messages, stream: true }));
  await expect(readAll(cut)).rejects.toThrow();
  expect(client.all.map(({ error }) => error)).toEqual(["invalid_request", "server", "network"]);
});
