import { readFileSync } from "node:fs";
import { Child, type Exit, until } from "@kissbot/testkit";

/** Times of the calls of a burst, in microseconds. */
export interface CallTimes {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

interface Command {
  readonly cmd: string;
  readonly [field: string]: unknown;
}

/** A port's driver: a process in which its clients live, for as long as the test wants it. */
export class Driver implements AsyncDisposable {
  readonly child: Child;
  #seq = 0;

  constructor([command = "", ...args]: readonly string[]) {
    this.child = new Child(command, args, { stdin: true, group: true });
  }

  /** Sends a command and waits for its answer. */
  async ask(command: Command, timeoutMs = 120_000) {
    const seq = this.#send(command);
    const answer = () => this.child.events<Record<string, unknown>>().find((event) => event["seq"] === seq);
    await until(`an answer to ${command.cmd}`, () => answer() !== undefined || this.child.exit !== null, {
      timeoutMs,
      describe: () => this.child.stderr.slice(-2_000),
    });
    const found = answer();
    if (found === undefined) throw new Error(`it ended instead of answering: ${this.child.stderr}`);
    return found;
  }

  /** A client of the bot `lounge`, registered. */
  async register(socket: string): Promise<void> {
    await this.ask({ cmd: "hello", drivers: [1], protocol: "1.1" });
    await this.ask({ cmd: "open", client: "a", channel: "lounge", socket });
    await this.ask({ cmd: "call", client: "a", do: "register" });
  }

  /** That many calls in a row, whose values begin at `from`. */
  async burst(count: number, from = 0): Promise<CallTimes> {
    const answer = await this.ask({ cmd: "burst", client: "a", do: "custom_metric", count, from });
    return answer["took_us"] as CallTimes;
  }

  /** Lets it end as a bot that forgets to close, and says how, and how long it took. */
  async end(how: "return" | "crash" = "return"): Promise<{ readonly exit: Exit; readonly tookMs: number }> {
    const askedMs = Date.now();
    this.#send({ cmd: "exit", how });
    const exit = await this.child.ends();
    return { exit, tookMs: exit.atMs - askedMs };
  }

  /** Resident memory of the process, in bytes. Linux alone. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.kill();
  }

  #send(command: Command): number {
    this.#seq++;
    this.child.write(`${JSON.stringify({ seq: this.#seq, ...command })}\n`);
    return this.#seq;
  }
}
