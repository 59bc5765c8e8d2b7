import { Listener, Place } from "./listener.js";

/**
 * A monitor that accepts every connection and never reads: what a client writes stays in the kernel until there is no
 * room for more. States: *stopped*; *listening*, from `start` to `stop`, which may be repeated.
 */
export class FrozenMonitor implements AsyncDisposable {
  /** How many connections there have been. */
  connections = 0;
  readonly #place: Place;
  readonly #listener: Listener;

  /** Without `socketPath`, a path of its own in a new temporary directory. */
  constructor({ socketPath }: { readonly socketPath?: string } = {}) {
    this.#place = new Place(socketPath);
    this.#listener = new Listener(this.#place.socketPath, { pauseOnConnect: true }, () => {
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

  /** Stops listening and closes every connection. */
  async stop(): Promise<void> {
    await this.#listener.stop();
  }

  /** Stops, and takes the temporary directory away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#place.remove();
  }
}
