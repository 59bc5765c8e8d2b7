import { ApiError, GoogleGenAI } from "@google/genai";
import { trackLlm } from "@kissbot/client/llm";
import { until } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ProviderServer, plantedText } from "./provider-server.js";
import { Reports, readAll } from "./reports.js";

const options = { feature: "chat", model: "fallback" };
const model = "gemini-2.5-flash";
const said = { model, feature: "chat", provider: "google", tokensIn: 100, tokensOut: 70, tokensCached: 60 };

let server: ProviderServer;
let google: GoogleGenAI;
let client: Reports;

beforeEach(async () => {
  server = await new ProviderServer().start();
  google = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: server.url } });
  client = new Reports();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  expect(JSON.stringify(client.all)).not.toContain(plantedText);
});

const asked = (name = model) => ({ model: name, contents: plantedText });

test("an answer is reported with its thoughts, and no getter of it is touched, as some print warnings", async () => {
  const warn = vi.spyOn(console, "warn");
  const answer = await trackLlm(client, options, () => google.models.generateContent(asked()));
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
  expect(answer.text).toBe(plantedText);
  expect(client.only).toEqual(said);
});

test("a stream is reported at its end, also that of a chat", async () => {
  const stream = await trackLlm(client, options, () => google.models.generateContentStream(asked()));
  expect(await readAll(stream)).toHaveLength(2);
  expect(client.only).toEqual(said);
  const chat = google.chats.create({ model });
  await readAll(await trackLlm(client, options, () => chat.sendMessageStream({ message: plantedText })));
  expect(client.all[1]).toMatchObject(said);
});

test("a stream that the bot leaves early is reported as cancelled, with what it said so far", async () => {
  const stream = await trackLlm(client, options, () => google.models.generateContentStream(asked("hangs")));
  for await (const _ of stream) break;
  await until("the report", () => client.all.length === 1);
  expect(client.only).toMatchObject({ model: "hangs", tokensIn: 100, tokensOut: 0, error: "cancelled" });
});

test("what fails or is aborted is reported as such, and rejects as before", async () => {
  for (const name of ["fails-429", "fails-500", "fails-400"]) {
    await expect(
      trackLlm(client, options, () => google.models.generateContent(asked(name))),
    ).rejects.toBeInstanceOf(ApiError);
  }
  const stream = await trackLlm(client, options, () => google.models.generateContentStream(asked("cut")));
  await expect(readAll(stream)).rejects.toThrow();
  const controller = new AbortController();
  const aborted = trackLlm(client, options, () =>
    google.models.generateContent({ ...asked("hangs"), config: { abortSignal: controller.signal } }),
  );
  setTimeout(() => controller.abort(), 10);
  await expect(aborted).rejects.toThrow();
  expect(client.all.map(({ error }) => error)).toEqual([
    "rate_limit",
    "server",
    "invalid_request",
    "network",
    "cancelled",
  ]);
});
