import { lasting } from "@kissbot/testkit";
import { ForwardLoop, type ForwardStatus } from "../../src/fleet/forward-loop.js";
import { PostgresReceiver } from "../../src/fleet/postgres-receiver.js";
import { describeFailure, type Link } from "../../src/postgres/link.js";
import { SourceTail } from "../../src/sqlite/read/source-tail.js";
import { Monitor } from "../plain-monitor.js";

/** Whatever the loop waits for, it waits no longer. */
const longestPauseMs = 20;

/** A database that is sent to the fleet's all the time, by a loop that is not patient. */
export class RunningLoop implements AsyncDisposable {
  readonly monitor: Monitor;
  readonly rejected: unknown[] = [];
  status: ForwardStatus | null = null;
  readonly #link: Link;
  readonly #loop: ForwardLoop;
  readonly #over: Promise<void>;

  constructor(path: string, link: Link, name = "host") {
    this.monitor = new Monitor(path);
    this.monitor.open();
    this.#link = link;
    this.#loop = new ForwardLoop({
      openTail: () => new SourceTail(path),
      receiver: new PostgresReceiver(link, name),
      rowsPerSecond: 1e9,
      onStatus: (status) => {
        this.status = status;
      },
      describe: (error) => describeFailure(error, link.url),
      onRejected: (_source, _id, error) => this.rejected.push(error),
      now: () => Date.now(),
      monotonicMs: () => performance.now(),
      pause: (ms) => lasting("a pause", Math.min(ms, longestPauseMs)),
    });
    this.#over = this.#loop.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#loop.stop();
    await this.#over;
    this.#link.destroy();
    this.monitor.close();
  }
}
