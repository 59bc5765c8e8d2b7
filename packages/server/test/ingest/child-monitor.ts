import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Child } from "@kissbot/testkit";

const program = join(dirname(fileURLToPath(import.meta.url)), "children", "monitor.mjs");

export interface Started {
  readonly started: boolean;
  readonly pid?: number;
  readonly who?: string;
  readonly code?: string;
  readonly otherPid?: number | null;
  readonly message?: string;
}

export interface Report {
  readonly lines: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly ignored: number;
  readonly received: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly problem: { readonly code: string } | null;
  /** Principal, path and connections of each listener. */
  readonly paths: readonly (readonly [string, string, number])[];
  readonly rssBytes: number | null;
  readonly cpuMs: number;
  readonly environment: readonly string[];
}

type Event = Record<string, unknown>;

/**
 * A listener in a process of its own, that can be killed; which happens at the latest with `using`.
 */
export class ChildMonitor implements Disposable {
  readonly child: Child;
  readonly logs: string[] = [];
  readonly #events: Event[] = [];
  #wake: () => void = () => {};

  /**
   * `prefix`: what runs node, such as `["bash", "-c", …]`; `others`: listeners beside that of the
   * socket, such as `["team_a=/tmp/a.sock"]`.
   */
  constructor(
    sources: string,
    socketPath: string,
    prefix: readonly string[] = [],
    flags: readonly string[] = [],
    others: readonly string[] = [],
  ) {
    const command = [...prefix, process.execPath, ...flags, program, sources, socketPath, ...others];
    this.child = new Child(command[0] as string, command.slice(1), { stdin: true });
    void this.child.exited.then(() => this.#wake());
    createInterface({ input: this.child.process.stdout as Readable }).on("line", (line) => {
      const event = JSON.parse(line) as Event;
      if (typeof event["log"] === "string") this.logs.push(event["log"]);
      else this.#events.push(event);
      this.#wake();
    });
  }

  static async ready(...args: ConstructorParameters<typeof ChildMonitor>): Promise<ChildMonitor> {
    const child = new ChildMonitor(...args);
    await child.ready();
    return child;
  }

  /** Has loaded its sources; to be asked once. */
  async ready(): Promise<void> {
    await this.#next("ready");
  }

  async start(): Promise<Started> {
    this.tell("start");
    return (await this.#next("started")) as unknown as Started;
  }

  async stop(): Promise<void> {
    this.tell("stop");
    await this.#next("stopped");
  }

  async report(): Promise<Report> {
    this.tell("report");
    return (await this.#next("report"))["report"] as Report;
  }

  tell(command: string): void {
    this.child.write(`${command}\n`);
  }

  async kill(): Promise<void> {
    await this.child.kill();
  }

  [Symbol.dispose](): void {
    this.child.signal("SIGKILL");
  }

  /** The next event, which has to have this field. */
  async #next(field: string): Promise<Event> {
    while (this.#events.length === 0) {
      if (this.child.exit !== null) {
        throw new Error(`expected ${field}, but the monitor is gone: ${this.child.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#events.shift() as Event;
    if (!(field in event)) throw new Error(`expected ${field}, got ${JSON.stringify(event)}`);
    return event;
  }
}
