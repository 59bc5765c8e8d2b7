import { connect, type Socket } from "node:net";
import { MonitorClient } from "@kissbot/client";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import fluent from "fluent-logger";
import { StatsD } from "hot-shots";
import type { Place } from "./fault.js";

/** A client under test: one call reports one call of a language model, as far as the client can say that. */
export interface Subject {
  call(i: number): void;
  /** Flushes and ends, in the client's own way. */
  close(): Promise<unknown>;
}

export const subjects = [
  "@kissbot/client",
  "hot-shots 17",
  "fluent-logger 3.4",
  "OpenTelemetry BatchSpanProcessor",
] as const;
export type SubjectName = (typeof subjects)[number];

/** The client with that name, connected or trying to. */
export async function openSubject(name: SubjectName, place: Place): Promise<Subject> {
  switch (name) {
    case "@kissbot/client":
      return openKissbot(place);
    case "hot-shots 17":
      return openHotShots(place);
    case "fluent-logger 3.4":
      return openFluent(place);
    case "OpenTelemetry BatchSpanProcessor":
      return openTelemetry(place);
  }
}

async function openKissbot({ socketPath }: Place): Promise<Subject> {
  const client = new MonitorClient("bench", process.pid, { socketPath });
  await client.register();
  return {
    call: (i) =>
      void client.logLlmUsage({
        model: "claude-sonnet",
        feature: "chat",
        tokensIn: i,
        tokensOut: 340,
        latencyMs: 812,
      }),
    close: () => client.close({ timeoutMs: 500 }),
  };
}

function openHotShots({ port }: Place): Subject {
  const client = new StatsD({ protocol: "tcp", host: "127.0.0.1", port, errorHandler: () => {} });
  const tags = { channel: "bench", model: "claude-sonnet", feature: "chat" };
  return {
    call: (i) => client.gauge("llm.tokens_in", i, tags),
    close: () => new Promise((resolve) => client.close(resolve)),
  };
}

function openFluent({ socketPath }: Place): Subject {
  const quiet = { info: () => {}, error: () => {} };
  const sender = fluent.createFluentSender("bench", {
    path: socketPath,
    reconnectInterval: 250,
    internalLogger: quiet,
  });
  // Its types leave the emitter out; without a listener its errors would be thrown.
  (sender as unknown as NodeJS.EventEmitter).on("error", () => {});
  return {
    call: (i) =>
      sender.emit("llm_usage", {
        model: "claude-sonnet",
        feature: "chat",
        tokens_in: i,
        tokens_out: 340,
        latency_ms: 812,
      }),
    close: () => new Promise((resolve) => sender.end("end", {}, resolve as () => void)),
  };
}

function openTelemetry({ socketPath }: Place): Subject {
  const processor = new BatchSpanProcessor(new SocketExporter(socketPath));
  const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer("bench");
  return {
    call: (i) => {
      const attributes = {
        model: "claude-sonnet",
        feature: "chat",
        tokens_in: i,
        tokens_out: 340,
        latency_ms: 812,
      };
      tracer.startSpan("llm_usage", { attributes }).end();
    },
    close: () => processor.shutdown(),
  };
}

/** The least that an exporter can do: a line of JSON for each span, over one connection, with the outcome of the write. */
class SocketExporter implements SpanExporter {
  readonly #socketPath: string;
  #socket: Socket | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#socket ??= this.#connect();
    const text = spans.map(({ name, attributes }) => JSON.stringify({ name, ...attributes })).join("\n");
    this.#socket.write(`${text}\n`, (error) =>
      done({ code: error ? ExportResultCode.FAILED : ExportResultCode.SUCCESS }),
    );
  }

  async shutdown(): Promise<void> {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const socket = connect(this.#socketPath).unref().resume();
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#socket = undefined;
    });
    return socket;
  }
}
