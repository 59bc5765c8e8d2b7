import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the answers say. No report may hold it. */
export const plantedText = "planted-words-of-an-answer";

/*
 * The counts of each answer, as the provider documents them. Anthropic counts cached input beside
 * `input_tokens`.
 */
const chatUsage = {
  prompt_tokens: 1_200,
  completion_tokens: 340,
  total_tokens: 1_540,
  prompt_tokens_details: { cached_tokens: 1_024, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
};
const responseUsage = {
  input_tokens: 70,
  input_tokens_details: { cached_tokens: 10 },
  output_tokens: 30,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 100,
};
const messageUsage = {
  input_tokens: 12,
  cache_creation_input_tokens: 200,
  cache_read_input_tokens: 4_000,
  output_tokens: 1,
  service_tier: "standard",
};
const googleUsage = {
  promptTokenCount: 100,
  candidatesTokenCount: 20,
  thoughtsTokenCount: 50,
  cachedContentTokenCount: 60,
  totalTokenCount: 170,
};
const ollamaCounts = {
  total_duration: 5_000_000,
  load_duration: 1_000,
  prompt_eval_count: 26,
  prompt_eval_duration: 1_000,
  eval_count: 290,
  eval_duration: 2_000,
};

interface Question {
  readonly model: string;
  readonly stream: boolean;
  readonly hasUsage: boolean;
}

/** How one API answers: whole, and as the pieces of a stream, the last of which have the usage. */
interface Api {
  readonly path: RegExp;
  whole(question: Question): unknown;
  pieces(question: Question): readonly string[];
  /** Of the pieces, how many come before a failure. */
  readonly before: number;
  failure(status: number): unknown;
  /** The piece that ends a stream which fails. */
  lastWords?(question: Question): string;
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const event = (value: { readonly type: string }): string => `event: ${value.type}\n${data(value)}`;
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const openAiFailure = (status: number): unknown => ({
  error: {
    message: plantedText,
    type: status < 500 ? "invalid_request_error" : "server_error",
    param: null,
    code: null,
  },
});

function message(model: string, isWhole: boolean): object {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content: isWhole ? [{ type: "text", text: plantedText }] : [],
    stop_reason: isWhole ? "end_turn" : null,
    stop_sequence: null,
    usage: isWhole ? { ...messageUsage, output_tokens: 55 } : messageUsage,
  };
}

function response(model: string, status: string): object {
  const isOver = status === "completed";
  const text = { type: "output_text", text: plantedText, annotations: [], logprobs: [] };
  return {
    id: "resp_1",
    object: "response",
    created_at: 1_764_000_000,
    status,
    error: status === "failed" ? { code: "rate_limit_exceeded", message: plantedText } : null,
    incomplete_details: null,
    instructions: null,
    model,
    output: isOver ? [{ id: "msg_1", type: "message", status, role: "assistant", content: [text] }] : [],
    parallel_tool_calls: true,
    tools: [],
    usage: isOver ? responseUsage : null,
  };
}

const apis: readonly Api[] = [
  {
    path: /\/chat\/completions$/,
    before: 1,
    failure: openAiFailure,
    whole: ({ model }) => ({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1_764_000_000,
      model,
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: plantedText, refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: chatUsage,
    }),
    pieces: ({ model, hasUsage }) => {
      const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_764_000_000, model };
      return [
        data({
          ...chunk,
          choices: [{ index: 0, delta: { role: "assistant", content: plantedText }, finish_reason: null }],
          usage: null,
        }),
        data({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null }),
        ...(hasUsage ? [data({ ...chunk, choices: [], usage: chatUsage })] : []),
        "data: [DONE]\n\n",
      ];
    },
  },
  {
    path: /\/responses$/,
    before: 1,
    failure: openAiFailure,
    whole: ({ model }) => response(model, model === "fails-within" ? "failed" : "completed"),
    lastWords: ({ model }) =>
      event({ type: "response.failed", sequence_number: 1, response: response(model, "failed") } as never),
    pieces: ({ model }) => {
      const item = { id: "msg_1", type: "message", status: "in_progress", role: "assistant", content: [] };
      const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
      const part = { type: "output_text", text: "", annotations: [] };
      return [
        event({
          type: "response.created",
          sequence_number: 0,
          response: response(model, "in_progress"),
        } as never),
        event({ type: "response.output_item.added", sequence_number: 1, output_index: 0, item } as never),
        event({ type: "response.content_part.added", sequence_number: 2, ...place, part } as never),
        event({
          type: "response.output_text.delta",
          sequence_number: 3,
          ...place,
          delta: plantedText,
          logprobs: [],
        } as never),
        event({
          type: "response.completed",
          sequence_number: 4,
          response: response(model, "completed"),
        } as never),
      ];
    },
  },
  {
    path: /\/embeddings$/,
    before: 0,
    failure: openAiFailure,
    whole: ({ model }) => ({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.25, 0.5] }],
      model,
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
    pieces: () => [],
  },
  {
    path: /\/messages$/,
    before: 3,
    failure: (status) => ({
      type: "error",
      error: { type: status === 429 ? "rate_limit_error" : "api_error", message: plantedText },
    }),
    whole: ({ model }) => message(model, true),
    pieces: ({ model }) => [
      event({ type: "message_start", message: message(model, false) } as never),
      event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as never),
      event({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text: plantedText },
      } as never),
      event({ type: "content_block_stop", index: 0 } as never),
      event({
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 55 },
      } as never),
      event({ type: "message_stop" }),
    ],
  },
  {
    path: /:(?:streamG|g)enerateContent/,
    before: 1,
    failure: (status) => ({
      error: {
        code: status,
        message: plantedText,
        status: status === 429 ? "RESOURCE_EXHAUSTED" : "INTERNAL",
      },
    }),
    whole: ({ model }) => ({
      candidates: [
        { content: { role: "model", parts: [{ text: plantedText }] }, finishReason: "STOP", index: 0 },
      ],
      usageMetadata: googleUsage,
      modelVersion: model,
      responseId: "r-1",
    }),
    pieces: ({ model }) => [
      data({
        candidates: [{ content: { role: "model", parts: [{ text: plantedText }] }, index: 0 }],
        usageMetadata: { promptTokenCount: 100, totalTokenCount: 100 },
        modelVersion: model,
      }),
      data({
        candidates: [{ content: { role: "model", parts: [{ text: "." }] }, finishReason: "STOP", index: 0 }],
        usageMetadata: googleUsage,
        modelVersion: model,
      }),
    ],
  },
  {
    path: /\/api\/chat$/,
    before: 1,
    failure: () => ({ error: plantedText }),
    whole: ({ model }) => ({
      model,
      created_at: "2026-11-26T00:00:00Z",
      message: { role: "assistant", content: plantedText },
      done_reason: "stop",
      done: true,
      ...ollamaCounts,
    }),
    pieces: ({ model }) => [
      line({
        model,
        created_at: "2026-11-26T00:00:00Z",
        message: { role: "assistant", content: plantedText },
        done: false,
      }),
      line({
        model,
        created_at: "2026-11-26T00:00:00Z",
        message: { role: "assistant", content: "" },
        done_reason: "stop",
        done: true,
        ...ollamaCounts,
      }),
    ],
  },
];

/**
 * Answers as the providers document it. A model called `fails-STATUS` fails; `cut` breaks the
 * connection within the stream; `hangs` answers nothing, or nothing after the first pieces; of
 * OpenAI's, `fails-within` says in its stream that it failed.
 */
export class ProviderServer {
  readonly #server: Server;
  readonly #text: string;
  /** What a proxy writes into each answer. */
  readonly headers: Record<string, string> = {};
  requests = 0;

  /** `text`: what the answers say instead. */
  constructor(text = plantedText) {
    this.#text = text;
    this.#server = createServer((request, reply) => void this.#answer(request, reply));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    this.requests++;
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    const asked = JSON.parse(text || "{}");
    const url = request.url ?? "";
    const api = apis.find(({ path }) => path.test(url.split("?")[0] ?? ""));
    const model: string = asked.model ?? /models\/([^:]+):/.exec(url)?.[1] ?? "";
    if (api === undefined) throw new Error(`no such route: ${url}`);
    // Ollama streams where it is not asked not to.
    const stream = asked.stream ?? url.includes("streamGenerateContent");
    const question = { model, stream, hasUsage: asked.stream_options?.include_usage === true };
    const status = Number(/^fails-(\d+)$/.exec(model)?.[1] ?? 200);
    if (status !== 200) {
      reply
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify(api.failure(status)));
    } else if (!stream) {
      if (model === "hangs") return;
      reply
        .writeHead(200, { "content-type": "application/json", ...this.headers })
        .end(JSON.stringify(api.whole(question)).replaceAll(plantedText, this.#text));
    } else {
      const isLines = url.includes("/api/");
      reply.writeHead(200, {
        "content-type": isLines ? "application/x-ndjson" : "text/event-stream",
        ...this.headers,
      });
      const pieces = api.pieces(question);
      const isWhole = !/^(?:cut|hangs|fails-within)$/.test(model);
      for (const piece of isWhole ? pieces : pieces.slice(0, api.before))
        reply.write(piece.replaceAll(plantedText, this.#text));
      if (isWhole) reply.end();
      else if (model === "fails-within") reply.end(api.lastWords?.(question));
      // What was written has to arrive before the connection breaks.
      else if (model === "cut") setImmediate(() => reply.write("", () => reply.socket?.resetAndDestroy()));
    }
  }
}
