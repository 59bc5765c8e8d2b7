import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LlmUsageReport, MonitorClient } from "../src/index.js";
import { trackLlm } from "../src/llm.js";
import { RecordingMonitor } from "../src/testing.js";
import { hostilePlan, made } from "./hostile-value.js";
import { until } from "./until.js";

class Reports {
  readonly all: LlmUsageReport[] = [];

  logLlmUsage(report: LlmUsageReport): Promise<boolean> {
    this.all.push(report);
    return Promise.resolve(true);
  }
}

const options = { feature: "chat", model: "fallback" };
const answer = { model: "m-1", usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 } };
const reported = { model: "m-1", feature: "chat", tokensIn: 12, tokensOut: 3 };

let client: Reports;
let unhandled: unknown[];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  client = new Reports();
  unhandled = [];
  process.on("unhandledRejection", onUnhandled);
});

afterEach(() => {
  process.off("unhandledRejection", onUnhandled);
});

/** The chunks of a stream of OpenAI's, as an object of the SDK's class makes them. */
class Stream {
  readonly controller = new AbortController();
  readonly iterator: () => AsyncGenerator<unknown>;
  returned = false;

  constructor(chunks: readonly unknown[], failure?: unknown) {
    const stream = this;
    this.iterator = async function* () {
      try {
        for (const chunk of chunks) {
          if (stream.controller.signal.aborted) return;
          yield chunk;
        }
        if (failure !== undefined) throw failure;
      } finally {
        stream.returned = true;
      }
    };
  }

  [Symbol.asyncIterator](): AsyncGenerator<unknown> {
    return this.iterator();
  }
}

const chunk = { object: "chat.completion.chunk", model: "m-1", usage: null };
const chunks = [
  { ...chunk, choices: [{ delta: { content: "4" } }] },
  { ...chunk, choices: [{ delta: { content: "2" }, finish_reason: "stop" }] },
  { ...chunk, choices: [], usage: answer.usage },
];

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const part of stream) read.push(part);
  return read;
}

describe("a call", () => {
  test("returns its own promise, which resolves with its own answer, and is reported before the bot goes on", async () => {
    const promise = Promise.resolve(answer);
    const returned = trackLlm(client, options, () => promise);
    expect(returned).toBe(promise);
    expect(await returned).toBe(answer);
    expect(client.all).toEqual([{ ...reported, latencyMs: expect.any(Number) }]);
    // Less than one would look like seconds.
    expect(client.all[0]?.latencyMs).toBeGreaterThanOrEqual(1);
  });

  test("that answers at once is reported at once", () => {
    expect(trackLlm(client, options, () => answer)).toBe(answer);
    expect(client.all).toHaveLength(1);
  });

  test("that throws at once throws the same, and is reported", () => {
    const failure = Object.assign(new Error("no"), { status: 429 });
    const call = (): never => {
      throw failure;
    };
    expect(() => trackLlm(client, options, call)).toThrow(failure);
    expect(client.all).toEqual([
      {
        model: "fallback",
        feature: "chat",
        tokensIn: 0,
        tokensOut: 0,
        latencyMs: expect.any(Number),
        error: "rate_limit",
      },
    ]);
  });

  test("that rejects rejects with the same", async () => {
    const failure = new DOMException("The operation was aborted", "AbortError");
    await expect(trackLlm(client, options, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(client.all).toMatchObject([{ model: "fallback", error: "cancelled" }]);
    await turn();
    expect(unhandled).toEqual([]);
  });

  test("whose rejection nobody handles ends in Node's unhandledRejection, once, as without the monitor", async () => {
    const failure = new Error("nobody handles this");
    void trackLlm(client, options, () => Promise.reject(failure));
    void trackLlm(client, options, async () => {
      await turn();
      throw failure;
    });
    await until(() => unhandled.length === 2);
    await turn();
    expect(unhandled).toEqual([failure, failure]);
    expect(client.all).toHaveLength(2);
  });

  test.each([
    ["awaits it", async (promise: Promise<unknown>) => void (await promise.then(null, () => {}))],
    ["calls catch", (promise: Promise<unknown>) => promise.catch(() => {})],
    ["hands it to Promise.allSettled", (promise: Promise<unknown>) => Promise.allSettled([promise])],
    ["races it", (promise: Promise<unknown>) => Promise.race([promise]).catch(() => {})],
    [
      "returns it from an async function",
      (promise: Promise<unknown>) => (async () => promise)().catch(() => {}),
    ],
    ["calls finally and catch", (promise: Promise<unknown>) => promise.finally(() => {}).catch(() => {})],
  ])("that fails is no unhandled rejection where the bot %s", async (_, handle) => {
    await handle(trackLlm(client, options, () => Promise.reject(new Error("handled"))));
    await turn();
    await turn();
    expect(unhandled).toEqual([]);
    expect(client.all).toHaveLength(1);
  });

  test("has the provider that the bot names, and the model that the answer names", async () => {
    await trackLlm(client, { ...options, provider: "groq" }, async () => answer);
    await trackLlm(client, options, async () => ({ usage: answer.usage }));
    expect(client.all).toMatchObject([{ provider: "groq", model: "m-1" }, { model: "fallback" }]);
  });

  test("whose promise does its work only when it is awaited is not started by the monitor", async () => {
    let starts = 0;
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: what it is about
      then(onAnswer: (value: unknown) => void) {
        starts++;
        onAnswer(answer);
      },
    };
    const returned = trackLlm(client, options, () => lazy);
    expect(returned).toBe(lazy);
    await turn();
    expect([starts, client.all.length]).toEqual([0, 0]);
    expect(await returned).toBe(answer);
    expect([starts, client.all.length]).toEqual([1, 1]);
  });

  test("whose `then` is a proxy is awaited as before", async () => {
    const onlyCalled = new Proxy((onAnswer: (value: unknown) => void) => onAnswer(answer), {
      get() {
        throw new Error("asked for a property");
      },
    });
    // biome-ignore lint/suspicious/noThenProperty: what it is about
    expect(await trackLlm(client, options, () => ({ then: onlyCalled }))).toBe(answer);
    expect(client.all).toMatchObject([reported]);
  });

  test("arrives at a monitor as a line of usage", async () => {
    await using monitor = await new RecordingMonitor().start();
    await using own = new MonitorClient("bot", { socketPath: monitor.socketPath });
    await trackLlm(own, options, async () => ({
      ...answer,
      model: "claude-x",
      usage: { input_tokens: 2, cache_read_input_tokens: 40, output_tokens: 3 },
    }));
    await expect(trackLlm(own, options, () => Promise.reject(new Error("?")))).rejects.toThrow("?");
    await monitor.waitFor((messages) => messages.length === 2);
    expect(monitor.messages).toMatchObject([
      {
        type: "llm_usage",
        model: "claude-x",
        provider: "anthropic",
        tokens_in: 42,
        tokens_out: 3,
        tokens_cached: 40,
      },
      { type: "llm_usage", model: "fallback", tokens_in: 0, tokens_out: 0, error: "other" },
    ]);
    expect(own.stats().dropped.invalid).toBe(0);
  });
});

describe("a request of OpenAI's or Anthropic's SDK", () => {
  /** As those SDKs make it: the body is read when somebody asks for it. */
  class ApiPromise extends Promise<unknown> {
    static override get [Symbol.species](): PromiseConstructor {
      return Promise;
    }
    parses = 0;
    parsed: Promise<unknown> | undefined;
    readonly responsePromise: Promise<{ response: Response; data: unknown }>;

    constructor(responsePromise: Promise<{ response: Response; data: unknown }>) {
      super((resolve) => resolve(null));
      this.responsePromise = responsePromise;
    }
    asResponse(): Promise<Response> {
      return this.responsePromise.then(({ response }) => response);
    }
    parse(): Promise<unknown> {
      this.parsed ??= this.responsePromise.then(async ({ response, data }) => {
        this.parses++;
        await response.text();
        return data;
      });
      return this.parsed;
    }
    async withResponse(): Promise<{ data: unknown; response: Response }> {
      const [data, response] = await Promise.all([this.parse(), this.asResponse()]);
      return { data, response };
    }
    // biome-ignore lint/suspicious/noThenProperty: as in the SDK
    override then<A, B>(
      onAnswer?: ((value: unknown) => A | PromiseLike<A>) | null,
      onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
    ): Promise<A | B> {
      return this.parse().then(onAnswer, onError);
    }
    override catch<B>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<unknown> {
      return this.parse().catch(onError);
    }
  }

  const response = (): Response => new Response("{}", { headers: { "x-litellm-response-cost": "0.25" } });

  test("is usable as before, and has the price that a proxy writes into its header", async () => {
    const request = new ApiPromise(Promise.resolve({ response: response(), data: answer }));
    const returned = trackLlm(client, options, () => request);
    expect(returned).toBe(request);
    const { data, response: http } = await returned.withResponse();
    expect(data).toBe(answer);
    expect(http).toBeInstanceOf(Response);
    expect(await returned).toBe(answer);
    expect(request.parses).toBe(1);
    expect(client.all).toEqual([{ ...reported, costUsd: 0.25, latencyMs: expect.any(Number) }]);
  });

  test("is left to the bot where it asks for the HTTP response alone: nothing reads the body", async () => {
    const request = new ApiPromise(Promise.resolve({ response: response(), data: answer }));
    const http = await trackLlm(client, options, () => request).asResponse();
    await turn();
    expect(request.parses).toBe(0);
    expect(http.bodyUsed).toBe(false);
    expect(await http.text()).toBe("{}");
  });

  test("that fails is reported once, however it is awaited, and unhandled only where the bot does not handle it", async () => {
    const failure = Object.assign(new Error("no"), { status: 500 });
    const request = new ApiPromise(Promise.reject(failure));
    await expect(trackLlm(client, options, () => request)).rejects.toBe(failure);
    await request.catch(() => {});
    await turn();
    expect(unhandled).toEqual([]);
    expect(client.all).toMatchObject([{ error: "server" }]);
    void trackLlm(client, options, () => new ApiPromise(Promise.reject(failure))).then(() => {});
    await until(() => unhandled.length > 0);
    expect(unhandled).toEqual([failure]);
  });
});

describe("a stream", () => {
  test("is the bot's own object with its own chunks, and is reported at its end", async () => {
    const stream = new Stream(chunks);
    const returned = await trackLlm(client, options, () => Promise.resolve(stream));
    expect(returned).toBe(stream);
    expect(client.all).toEqual([]);
    expect(await readAll(returned)).toEqual(chunks);
    expect(client.all).toEqual([{ ...reported, latencyMs: expect.any(Number) }]);
  });

  test("of which the bot wants no more is reported as cancelled, and closed as before", async () => {
    const stream = await trackLlm(client, options, async () => new Stream(chunks));
    for await (const part of stream) {
      expect(part).toBe(chunks[0]);
      break;
    }
    expect(stream.returned).toBe(true);
    await until(() => client.all.length === 1);
    expect(client.all).toMatchObject([{ model: "m-1", tokensIn: 0, tokensOut: 0, error: "cancelled" }]);
  });

  test("of which the bot wants no more after the usage is no failure", async () => {
    const stream = await trackLlm(client, options, async () => new Stream([...chunks, {}]));
    for await (const part of stream) if (part === chunks[2]) break;
    await until(() => client.all.length === 1);
    expect(client.all[0]).toEqual({ ...reported, latencyMs: expect.any(Number) });
  });

  test("with running usage of which the bot wants no more is cancelled, with what it said", async () => {
    const running = chunks.map((one, i) => ({ ...one, usage: { prompt_tokens: 12, completion_tokens: i } }));
    const stream = await trackLlm(client, options, async () => new Stream(running));
    for await (const part of stream) if (part === running[0]) break;
    await until(() => client.all.length === 1);
    expect(client.all).toMatchObject([{ tokensIn: 12, tokensOut: 0, error: "cancelled" }]);
  });

  test("whose chunk says that it failed is a failure, even if it then ends as if all were well", async () => {
    const failing = [chunks[0], { type: "error", code: "server_error", message: "no", param: null }];
    const stream = await trackLlm(client, options, async () => new Stream(failing));
    expect(await readAll(stream)).toEqual(failing);
    expect(client.all).toMatchObject([{ model: "m-1", error: "server" }]);
  });

  test.each([
    ["Ollama", { model: "m", done: true, prompt_eval_count: 3, eval_count: 5 }],
    [
      "Google",
      {
        modelVersion: "m",
        candidates: [{ finishReason: "STOP" }],
        usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
      },
    ],
    [
      "Anthropic",
      {
        model: "m",
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { input_tokens: 3, output_tokens: 5 },
      },
    ],
    [
      "OpenAI",
      {
        type: "response.completed",
        response: {
          model: "m",
          status: "completed",
          usage: { input_tokens: 3, output_tokens: 5, total_tokens: 8 },
        },
      },
    ],
  ])("of %s of which the bot wants no more after the last chunk is no failure", async (_, last) => {
    const stream = await trackLlm(client, options, async () => new Stream([last, {}]));
    for await (const part of stream) if (part === last) break;
    await until(() => client.all.length === 1);
    expect(client.all[0]).toMatchObject({ model: "m", tokensIn: 3, tokensOut: 5 });
    expect(client.all[0]?.error).toBeUndefined();
  });

  test("that its controller aborts ends as before, and is reported as cancelled", async () => {
    const stream = await trackLlm(client, options, async () => new Stream(chunks));
    const read: unknown[] = [];
    for await (const part of stream) {
      read.push(part);
      stream.controller.abort();
    }
    expect(read).toHaveLength(1);
    expect(client.all).toMatchObject([{ error: "cancelled" }]);
  });

  test("that fails on its way fails as before, and is reported with what it said", async () => {
    const failure = Object.assign(new TypeError("terminated"), {
      cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }),
    });
    const start = {
      type: "message_start",
      message: { model: "claude-x", usage: { input_tokens: 7, output_tokens: 1 } },
    };
    const stream = await trackLlm(client, options, async () => new Stream([start], failure));
    await expect(readAll(stream)).rejects.toBe(failure);
    expect(client.all).toMatchObject([{ model: "claude-x", tokensIn: 7, tokensOut: 0, error: "network" }]);
  });

  test("that is an async generator is watched in its place", async () => {
    async function* generate(): AsyncGenerator<unknown> {
      yield { modelVersion: "gemini-x", usageMetadata: { promptTokenCount: 5 } };
      yield { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 } };
    }
    const generator = generate();
    const returned = await trackLlm(client, options, async () => generator);
    expect(returned).toBe(generator);
    expect(await readAll(returned)).toHaveLength(2);
    expect(client.all).toMatchObject([{ model: "gemini-x", provider: "google", tokensIn: 5, tokensOut: 2 }]);
  });

  test("that nothing can be put into is left alone", async () => {
    const stream = Object.freeze({ [Symbol.asyncIterator]: () => new Stream(chunks).iterator() });
    expect(await readAll(await trackLlm(client, options, async () => stream))).toEqual(chunks);
    expect(client.all).toEqual([]);
  });

  test("whose steps do their work only when they are awaited has each done once", async () => {
    let starts = 0;
    const left: unknown[] = [...chunks];
    const step = () => ({
      // biome-ignore lint/suspicious/noThenProperty: what it is about
      then(onStep: (found: unknown) => void) {
        starts++;
        onStep(left.length > 0 ? { done: false, value: left.shift() } : { done: true });
      },
    });
    const own = { [Symbol.asyncIterator]: () => ({ next: step }) } as unknown as AsyncIterable<unknown>;
    expect(await readAll(await trackLlm(client, options, async () => own))).toEqual(chunks);
    expect(starts).toBe(chunks.length + 1);
    expect(client.all).toMatchObject([reported]);
  });

  test("that nobody reads is neither read nor reported", async () => {
    const next = vi.fn();
    await trackLlm(client, options, async () => ({ [Symbol.asyncIterator]: () => ({ next }) }));
    await turn();
    expect(next).not.toHaveBeenCalled();
    expect(client.all).toEqual([]);
  });
});

describe("unknown usage", () => {
  test("reports nothing, and warns once, naming the provider's option", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    try {
      for (let i = 0; i < 3; i++) {
        const stream = await trackLlm(client, options, async () => new Stream(chunks.slice(0, 2)));
        expect(await readAll(stream)).toHaveLength(2);
      }
      await until(() => warnings.length > 0);
      await turn();
    } finally {
      process.off("warning", onWarning);
    }
    expect(client.all).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      code: "KISSBOT_UNKNOWN_USAGE",
      message: expect.stringContaining("stream_options: { include_usage: true }"),
    });
  });
});

test("what has names of the AI SDK's streams, and is none, keeps its own parts", async () => {
  const parts = { textStream: new Stream(chunks), usage: 7 };
  const before = Object.getOwnPropertyDescriptors(parts);
  // What watches streams of the AI SDK is loaded with the first.
  await import("../src/llm/ai-stream.js");
  for (let i = 0; i < 2; i++) {
    expect(trackLlm(client, options, () => parts)).toBe(parts);
    await turn();
  }
  expect(Object.getOwnPropertyDescriptors(parts)).toEqual(before);
  expect(await readAll(parts.textStream)).toEqual(chunks);
});

test("a stream like the AI SDK's whose parts throw is the bot's as before", async () => {
  const throwing = Object.freeze({
    get iterator(): never {
      throw new Error("hostile");
    },
  });
  class Result {
    readonly _steps = { promise: new Promise<never>(() => {}) };
    get textStream(): unknown {
      return throwing;
    }
  }
  await import("../src/llm/ai-stream.js");
  const result = trackLlm(client, options, () => new Result());
  await turn();
  expect(Object.hasOwn(result, "textStream")).toBe(true);
  expect(result.textStream).toBe(throwing);
  expect("partialObjectStream" in result).toBe(false);
});

const errorOf = (fields: object): Error => Object.assign(new Error("?"), fields);
class APIConnectionTimeoutError extends Error {}
class APIUserAbortError extends Error {}
class APIConnectionError extends Error {}

test.each<[string, unknown, string]>([
  ["429", errorOf({ status: 429, code: "insufficient_quota" }), "rate_limit"],
  ["a text for rate limits within a stream", errorOf({ type: "rate_limit_error" }), "rate_limit"],
  ["no credit", errorOf({ status: 402 }), "rate_limit"],
  [
    "Groq's request that is too large for the minute",
    errorOf({ status: 413, code: "rate_limit_exceeded" }),
    "rate_limit",
  ],
  ["401", errorOf({ status: 401 }), "auth"],
  ["403", errorOf({ statusCode: 403 }), "auth"],
  [
    "Google's 400 of a bad key",
    errorOf({ status: 400, message: "API key not valid. Please pass a valid API key." }),
    "auth",
  ],
  ["OpenAI's full context", errorOf({ status: 400, code: "context_length_exceeded" }), "context_length"],
  [
    "Anthropic's full context",
    errorOf({ status: 400, message: "prompt is too long: 200001 tokens > 200000 maximum" }),
    "context_length",
  ],
  [
    "Google's full context",
    errorOf({ status: 400, message: "The input token count (1200000) exceeds the maximum" }),
    "context_length",
  ],
  ["Azure's filter", errorOf({ status: 400, code: "content_filter" }), "content_filter"],
  ["OpenRouter's moderation", errorOf({ status: 403, message: "Your input was flagged" }), "content_filter"],
  ["another 400", errorOf({ status: 400, type: "invalid_request_error" }), "invalid_request"],
  ["404 of Ollama", errorOf({ status_code: 404, name: "ResponseError" }), "invalid_request"],
  ["500", errorOf({ status: 500 }), "server"],
  ["529", errorOf({ status: 529, message: "Overloaded" }), "server"],
  [
    "Anthropic's overload within a stream",
    errorOf({ error: { type: "error", error: { type: "overloaded_error" } } }),
    "server",
  ],
  ["504", errorOf({ status: 504 }), "timeout"],
  ["408", errorOf({ status: 408 }), "timeout"],
  ["the time limit of OpenAI's SDK", new APIConnectionTimeoutError("Request timed out."), "timeout"],
  [
    "AbortSignal.timeout",
    new DOMException("The operation was aborted due to timeout", "TimeoutError"),
    "timeout",
  ],
  [
    "undici's time limit",
    Object.assign(new TypeError("fetch failed"), { cause: errorOf({ code: "UND_ERR_HEADERS_TIMEOUT" }) }),
    "timeout",
  ],
  ["a signal of the bot's", new DOMException("This operation was aborted", "AbortError"), "cancelled"],
  ["a signal of the bot's, by OpenAI's SDK", new APIUserAbortError("Request was aborted."), "cancelled"],
  [
    "a server that is not there",
    Object.assign(new TypeError("fetch failed"), { cause: errorOf({ code: "ECONNREFUSED" }) }),
    "network",
  ],
  [
    "a name that is not there",
    Object.assign(new TypeError("fetch failed"), { cause: errorOf({ code: "ENOTFOUND" }) }),
    "network",
  ],
  [
    "a certificate that is bad",
    Object.assign(new TypeError("fetch failed"), { cause: errorOf({ code: "SELF_SIGNED_CERT_IN_CHAIN" }) }),
    "network",
  ],
  ["OpenAI's SDK without a connection", new APIConnectionError("Connection error."), "network"],
  [
    "retries of the AI SDK",
    errorOf({
      name: "AI_RetryError",
      reason: "maxRetriesExceeded",
      lastError: errorOf({ name: "AI_APICallError", statusCode: 503 }),
    }),
    "server",
  ],
  [
    "a mistake in the bot",
    new TypeError("Cannot read properties of undefined (reading 'connection')"),
    "other",
  ],
  ["a text", "connection", "other"],
  ["nothing", undefined, "other"],
])("a failure with %s is of kind", async (_, failure, kind) => {
  await expect(trackLlm(client, options, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(client.all).toMatchObject([{ error: kind }]);
});

test("an error that is its own cause is read to an end", () => {
  const failure = errorOf({});
  Object.assign(failure, { cause: failure, error: failure, lastError: failure });
  expect(() =>
    trackLlm(client, options, () => {
      throw failure;
    }),
  ).toThrow(failure);
  expect(client.all).toMatchObject([{ error: "other" }]);
});

test("no text of a prompt, an answer or an error leaves it", async () => {
  const planted = "planted-words";
  const text = `the ${planted} of somebody`;
  const failure = Object.assign(new Error(text), { status: 400, error: { message: text, param: text } });
  await trackLlm(client, options, async () => ({
    ...answer,
    input: text,
    choices: [{ message: { content: text } }],
    output_text: text,
  }));
  await readAll(
    await trackLlm(
      client,
      options,
      async () => new Stream([{ ...chunk, choices: [{ delta: { content: text } }] }, ...chunks]),
    ),
  );
  await expect(trackLlm(client, options, () => Promise.reject(failure))).rejects.toBe(failure);
  await expect(
    readAll(await trackLlm(client, options, async () => new Stream([chunks[0]], failure))),
  ).rejects.toBe(failure);
  expect(client.all).toHaveLength(4);
  expect(JSON.stringify(client.all)).not.toContain(planted);
});

test("a client that throws, rejects or is none changes nothing", async () => {
  for (const log of [
    () => {
      throw new Error("log");
    },
    () => Promise.reject(new Error("log")),
    undefined,
  ]) {
    expect(await trackLlm({ logLlmUsage: log } as never, options, async () => answer)).toBe(answer);
  }
  for (const none of [undefined, null, 7]) {
    expect(await trackLlm(none as never, none as never, async () => answer)).toBe(answer);
  }
  await turn();
  expect(unhandled).toEqual([]);
});

test("whatever a call returns, throws or rejects with, the bot gets the same", async () => {
  await fc.assert(
    fc.asyncProperty(hostilePlan, async (plan) => {
      const value = made(plan);
      expect(
        Object.is(
          trackLlm(client, options, () => value),
          value,
        ),
      ).toBe(true);
      let thrown: unknown;
      try {
        trackLlm(client, options, () => {
          throw value;
        });
      } catch (error) {
        thrown = error;
      }
      expect(Object.is(thrown, value)).toBe(true);
      const rejected = await trackLlm(client, options, () => Promise.reject(value)).catch(
        (reason: unknown) => [reason],
      );
      expect(Object.is((rejected as unknown[])[0], value)).toBe(true);
      // A generator would await the value itself.
      let left = 2;
      const next = async (): Promise<unknown> => (left-- > 0 ? { done: false, value } : { done: true });
      const own = { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<unknown>;
      const stream = await trackLlm(client, options, async () => own);
      const read: unknown[] = [];
      for await (const part of stream) read.push(part);
      expect(read.length === 2 && read.every((part) => Object.is(part, value))).toBe(true);
    }),
    { numRuns: 500 },
  );
  await turn();
  expect(unhandled).toEqual([]);
});
