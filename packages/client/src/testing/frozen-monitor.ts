import { checkKeys } from "../argument.js";
import { warn } from "../complaint.js";
import { Listener } from "./listener.js";
import { Place } from "./place.js";

/**
 * A monitor that accepts every connection and never reads: data from clients stays in the kernel
 * until its buffer is full. States: *stopped*; *listening*, from `start` to `stop`, which may be
 * repeated.
 */
export class FrozenMonitor implements AsyncDisposable {
  /** How many connections there have been. */
  connections = 0;
  readonly #place: Place;
  readonly #listener: Listener;

  /**
   * Without `socketPath`, it uses its own path in a temporary folder that exists from `start` to
   * `stop`. Throws TypeError or RangeError if no socket can have the given path, such as one that
   * is too long.
   */
  constructor(options: { readonly socketPath?: string } = {}) {
    checkKeys("FrozenMonitor", options, ["socketPath"], warn);
    this.#place = new Place(options.socketPath);
    this.#listener = new Listener(this.#place, { pauseOnConnect: true }, () => {
      this.connections++;
    });
  }

  get socketPath(): string {
    return this.#place.socketPath;
  }

  /** Listens; rejects where the path is taken. */
  async start(): Promise<this> {
    await this.#listener.start();
    return this;
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
}
