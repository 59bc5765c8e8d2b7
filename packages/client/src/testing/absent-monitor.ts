import { newSocketPath } from "./place.js";

/**
 * A monitor that is not there: a path at which nobody listens. It makes no file and no folder. It
 * has the shape of the other monitors, so that one test can run with each of them; `start` and
 * `stop` do nothing. A test in which the monitor comes later starts another one at this
 * `socketPath`.
 */
export class AbsentMonitor implements AsyncDisposable {
  readonly socketPath: string = newSocketPath(".sock");

  async start(): Promise<this> {
    return this;
  }

  async stop(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
