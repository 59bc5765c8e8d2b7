import { newSocketPath } from "./place.js";

/**
 * A monitor that is not there: a path at which nobody listens. It creates no file and no folder. It
 * has the shape of the other monitors, so that one test can run with each of them; `start` and
 * `stop` do nothing. To let the monitor come later, start another one at this `socketPath`.
 */
export class AbsentMonitor implements AsyncDisposable {
  readonly socketPath: string = newSocketPath(".sock");

  async start(): Promise<this> {
    return this;
  }

  async stop(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
