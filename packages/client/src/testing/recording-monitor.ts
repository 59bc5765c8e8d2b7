import { type DecodeResult, LineDecoder, type DecodedMessage as Message } from "@kissbot/protocol";
import { checkKeys } from "../argument.js";
import { warn } from "../complaint.js";
import { numberFrom } from "../options.js";
import { Listener } from "./listener.js";
import { Place } from "./place.js";
import { Watch } from "./watch.js";

type Rejection = Extract<DecodeResult, { ok: false }>;

/**
 * A monitor in memory: it listens, and records the messages. States: *stopped*; *listening*, from
 * `start` to `stop`, which may be repeated, so that a test can let a monitor restart. The record
 * stays.
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

  /**
   * Without `socketPath`, it uses its own path in a temporary folder that exists from `start` to
   * `stop`. Throws TypeError or RangeError if no socket can have the given path, such as one that
   * is too long.
   */
  constructor(options: { readonly socketPath?: string } = {}) {
    checkKeys("RecordingMonitor", options, ["socketPath"], warn);
    this.#place = new Place(options.socketPath);
    this.#listener = new Listener(this.#place, { pauseOnConnect: false }, (socket) => {
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
   * Resolves with the messages as soon as `isDone` returns true: at once, or when another one
   * arrives. Rejects after `timeoutMs`, with the messages so far. An `isDone` that throws counts as
   * false, so it may read `messages.at(-1).type` before there is a message; the rejection has the
   * last error it threw.
   */
  waitFor(
    isDone: (messages: readonly Message[]) => boolean,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<readonly Message[]> {
    const timeoutMs = numberFrom("waitFor", options, "timeoutMs", 0, 5_000, warn);
    const onTimeout = () => this.#watches.delete(watch);
    const watch = new Watch(isDone, this.messages, { timeoutMs, onTimeout });
    if (!watch.look()) this.#watches.add(watch);
    return watch.promise;
  }

  /** Closes every connection, and goes on listening. */
  disconnect(): void {
    this.#listener.disconnect();
  }

  /**
   * Stops listening, closes every connection and removes the temporary folder; `start` begins again
   * at the same path.
   */
  async stop(): Promise<void> {
    await this.#listener.stop();
  }

  /** Stops, and removes the temporary folder even if something else was put into it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.remove();
  }

  #keep(result: DecodeResult): void {
    if (!result.ok) {
      this.rejections.push(result);
      return;
    }
    this.messages.push(result.message);
    for (const watch of this.#watches) if (watch.look()) this.#watches.delete(watch);
  }
}
