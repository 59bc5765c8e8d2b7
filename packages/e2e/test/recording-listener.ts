import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type DecodeResult, LineDecoder, type Message } from "@kissbot/protocol";
import { until } from "@kissbot/testkit";

/** A monitor that only remembers what arrived. */
export class RecordingListener {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #results: DecodeResult[] = [];
  #ended = 0;

  private constructor(readonly path: string) {
    this.#server = createServer((socket) => {
      const decoder = new LineDecoder();
      const record = (result: DecodeResult) => this.#results.push(result);
      this.#open.add(socket);
      socket.on("data", (chunk) => decoder.push(chunk, record));
      socket.on("error", () => {}); // a peer that resets its connection is seen by its close
      socket.on("close", () => {
        decoder.end(record);
        this.#open.delete(socket);
        this.#ended++;
      });
    });
  }

  static async open(path: string): Promise<RecordingListener> {
    const listener = new RecordingListener(path);
    listener.#server.listen(path);
    await once(listener.#server, "listening");
    return listener;
  }

  /**
   * What arrived, when `connections` connections have ended; rejects where they do not within
   * `limitMs`.
   */
  async results(connections: number, limitMs = 15_000): Promise<readonly DecodeResult[]> {
    await until(`${connections} connections have ended`, () => this.#ended >= connections, {
      timeoutMs: limitMs,
      describe: () => this.#ended,
    });
    return this.#results;
  }

  /** The messages that arrived on `connections` connections; rejects where a line was none. */
  async messages(connections: number): Promise<Message[]> {
    return (await this.results(connections)).map((result) => {
      if (!result.ok) throw new Error(`a line was rejected: ${result.reason} ${result.field ?? ""}`);
      return result.message;
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
