import { Place } from "./listener.js";

/**
 * A monitor that is not there: a path at which nobody listens. It has the shape of the other monitors, so that one test can
 * run with each of them; `start` and `stop` do nothing.
 */
export class AbsentMonitor implements AsyncDisposable {
  readonly #place = new Place();

  get socketPath(): string {
    return this.#place.socketPath;
  }

  async start(): Promise<this> {
    return this;
  }

  async stop(): Promise<void> {}

  /** Takes the temporary directory away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#place.remove();
  }
}
