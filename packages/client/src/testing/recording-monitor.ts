import { type DecodeResult, LineDecoder, type Message } from "@kissbot/protocol";
import { Listener, Place } from "./listener.js";

type Rejection = Extract<DecodeResult, { ok: false }>;

interface Watch {
  readonly isDone: (messages: readonly Message[]) => boolean;
  readonly resolve: (messages: readonly Message[]) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A monitor in memory: it listens, and keeps what arrives. States: *stopped*; *listening*, from `start` to `stop`, which may
 * be repeated, so that a test can let a monitor restart. What was recorded stays.
 */
export class RecordingMonitor implements AsyncDisposable {
  /** Everything that arrived and is a message, in order. */
  readonly messages: Message[] = [];
  /** Every line that was no message: a client of ours never makes one. */
  readonly rejections: Rejection[] = [];
  /** How many connections there have been. */
  connections = 0;
  readonly #place: Place;
  readonly #listener: Listener;
  readonly #watches = new Set<Watch>();

  /** Without `socketPath`, a path of its own in a new temporary directory. */
  constructor({ socketPath }: { readonly socketPath?: string } = {}) {
    this.#place = new Place(socketPath);
    this.#listener = new Listener(this.#place.socketPath, { pauseOnConnect: false }, (socket) => {
      this.connections++;
      const decoder = new LineDecoder();
      const keep = (result: DecodeResult) => this.#keep(result);
      socket.on("data", (chunk) => decoder.push(chunk, keep));
      socket.on("end", () => decoder.end(keep));
    });
  }

  /** What to give to the client, as an option or as `KISSBOT_MONITOR_SOCKET`. */
  get socketPath(): string {
    return this.#place.socketPath;
  }

  /** Listens; rejects where the path is taken. */
  async start(): Promise<this> {
    await this.#listener.start();
    return this;
  }

  /** The messages of that type, in order. */
  ofType<T extends Message["type"]>(type: T): Extract<Message, { type: T }>[] {
    return this.messages.filter((message): message is Extract<Message, { type: T }> => message.type === type);
  }

  /**
   * Resolves with the messages as soon as `isDone` says so: at once, or when another one arrives. Rejects after
   * `timeoutMs`, and says what had arrived by then.
   */
  waitFor(
    isDone: (messages: readonly Message[]) => boolean,
    { timeoutMs = 5_000 }: { readonly timeoutMs?: number } = {},
  ): Promise<readonly Message[]> {
    if (isDone(this.messages)) return Promise.resolve(this.messages);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watches.delete(watch);
        const seen = this.messages.slice(-20).map((message) => JSON.stringify(message));
        reject(
          new Error(
            `not within ${timeoutMs} ms; ${this.messages.length} messages arrived:\n${seen.join("\n")}`,
          ),
        );
      }, timeoutMs);
      const watch: Watch = { isDone, resolve, timer };
      this.#watches.add(watch);
    });
  }

  /** Closes every connection, and goes on listening. */
  disconnect(): void {
    this.#listener.disconnect();
  }

  /** Stops listening and closes every connection; `start` begins again. */
  async stop(): Promise<void> {
    await this.#listener.stop();
  }

  /** Stops, and takes the temporary directory away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#place.remove();
  }

  #keep(result: DecodeResult): void {
    if (!result.ok) {
      this.rejections.push(result);
      return;
    }
    this.messages.push(result.message);
    for (const watch of this.#watches) {
      if (!watch.isDone(this.messages)) continue;
      clearTimeout(watch.timer);
      this.#watches.delete(watch);
      watch.resolve(this.messages);
    }
  }
}
