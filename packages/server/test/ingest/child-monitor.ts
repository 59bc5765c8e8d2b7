import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

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
  readonly rssBytes: number | null;
  readonly cpuMs: number;
  readonly environment: readonly string[];
}

type Event = Record<string, unknown>;

/** A listener in a process of its own, that can be killed; which happens at the latest with `using`. */
export class ChildMonitor implements Disposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly exited: Promise<void>;
  readonly logs: string[] = [];
  readonly #events: Event[] = [];
  #wake: () => void = () => {};
  #gone = false;
  #stderr = "";

  /** `prefix`: what runs node, such as `["bash", "-c", …]`. */
  constructor(
    sources: string,
    socketPath: string,
    prefix: readonly string[] = [],
    flags: readonly string[] = [],
  ) {
    const command = [...prefix, process.execPath, ...flags, program, sources, socketPath];
    this.process = spawn(command[0] as string, command.slice(1), { stdio: "pipe" });
    // A command for one that has been killed goes nowhere.
    this.process.stdin.on("error", () => {});
    this.exited = new Promise((resolve) => {
      this.process.once("exit", () => {
        this.#gone = true;
        this.#wake();
        resolve();
      });
    });
    this.process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.process.stdout }).on("line", (line) => {
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
    this.process.stdin.write(`${command}\n`);
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  [Symbol.dispose](): void {
    this.process.kill("SIGKILL");
  }

  /** The next event, which has to have this field. */
  async #next(field: string): Promise<Event> {
    while (this.#events.length === 0) {
      if (this.#gone) throw new Error(`expected ${field}, but the monitor is gone: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#events.shift() as Event;
    if (!(field in event)) throw new Error(`expected ${field}, got ${JSON.stringify(event)}`);
    return event;
  }
}
