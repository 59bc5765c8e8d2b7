import { connect, type Socket } from "node:net";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import type { Place } from "./fault.js";
import type { Subject } from "./subject.js";

export function open({ socketPath }: Place): Subject {
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

/**
 * The least that an exporter can do: a line of JSON for each span, over one connection, with the
 * outcome of the write.
 */
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
