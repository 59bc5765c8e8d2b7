import { type ChildProcess, spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import process from "node:process";
import type { AskedName, CommandFields, HelloAnswer } from "../schema/driver.js";
import { Bytes } from "./bytes.js";
import { DriverFault } from "./driver-fault.js";
import { packageJson } from "./package-file.js";
import { endGroup, watchGroup } from "./process-group.js";
import { ProcessMeter, type Starvation } from "./process-meter.js";
import { faultOfNamed } from "./schema-check.js";

export interface DriverOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** How long a command may go without an answer. */
  readonly timeoutMs: number;
  /** Set beside the runner's own environment, of which the monitor's variables are left out. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** By `performance.now()`. */
  readonly atMs: number;
}

export interface Answer {
  readonly [field: string]: unknown;
  /** From the command to its answer, as the runner measured it. */
  readonly roundMs: number;
}

const schema = packageJson<Record<string, unknown>>("driver.schema.json");
const etiquette =
  "stdout belongs to the driver protocol: one JSON object per line, flushed after each. Whatever logs writes to stderr.";
/** A line beyond this is no answer. */
const longestAnswerBytes = 64 * 1_048_576;

/** A driver without a processor is waited for this many times as long. */
const patience = 4;
/** The share of the time for which it had none. */
const starvedShare = 0.1;

/** A process takes longer to start than to answer. */
const startFactor = 4;

interface Pending {
  readonly seq: number;
  readonly name: AskedName;
  readonly text: string;
  readonly askedMs: number;
  resolve(answer: Answer): void;
  reject(fault: DriverFault): void;
}

/** A running driver: the process of a port that speaks driver protocol 1. */
export class Driver {
  readonly process: ChildProcess;
  readonly ended: Promise<End>;
  end: End | undefined;
  /** The process in which the clients live. */
  clientPid: number;
  readonly #timeoutMs: number;
  readonly #out = new Bytes();
  #seq = 0;
  #pending: Pending | undefined;
  #fault: DriverFault | undefined;
  #said = "";
  #expectsEnd = false;

  constructor({ command, timeoutMs, env = {} }: DriverOptions) {
    const [program = "", ...args] = command;
    this.#timeoutMs = timeoutMs;
    this.process = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      env: { ...environment(), ...env },
    });
    this.clientPid = this.process.pid ?? -1;
    if (this.process.pid !== undefined) watchGroup(this.process.pid);
    // Its end is told by its exit.
    this.process.stdin?.on("error", () => undefined);
    this.process.stdout?.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    this.process.stderr?.on("data", (chunk: Uint8Array) => {
      this.#said = (this.#said + Buffer.from(chunk).toString()).slice(-4_000);
    });
    this.ended = new Promise((resolve) => {
      const onEnd = (code: number | null, signal: NodeJS.Signals | null) => {
        this.end ??= { code, signal, atMs: performance.now() };
        resolve(this.end);
      };
      this.process.once("error", (error) => {
        if (this.process.pid !== undefined) return;
        this.#fail(new DriverFault("start", `cannot start ${program}: ${error.message}`));
        onEnd(null, null);
      });
      this.process.once("exit", (code, signal) => {
        this.end ??= { code, signal, atMs: performance.now() };
        // What it printed last is read before its end is told.
        setTimeout(() => this.#die(), 200).unref();
        resolve(this.end);
      });
      this.process.once("close", (code, signal) => {
        onEnd(code, signal);
        this.#die();
      });
    });
  }

  /** The last lines that it wrote to stderr. */
  get lastWords(): string {
    return this.#said.split("\n").slice(-6).join("\n").trim();
  }

  /** Says hello, and returns what the driver says about itself. */
  async hello(protocol: string, suite: string): Promise<HelloAnswer> {
    const { answer } = await this.#ask(
      "hello",
      { drivers: [1], protocol, suite },
      startFactor * this.#timeoutMs,
    );
    const hello = answer as unknown as HelloAnswer;
    if (hello.driver !== 1) throw this.#fail(rubbish(`speaks driver protocol ${hello.driver}, not 1`, ""));
    if (hello.can.includes("conduct") && hello.bounds === undefined)
      throw this.#fail(rubbish(`says that it can "conduct", but not its "bounds"`, JSON.stringify(answer)));
    if (hello.pid !== undefined) this.clientPid = hello.pid;
    return hello;
  }

  /** Sends a command and waits for its answer. Rejects with a DriverFault. */
  async ask<Name extends Exclude<AskedName, "hello">>(
    name: Name,
    fields: CommandFields<Name>,
    timeoutMs = this.#timeoutMs,
  ): Promise<Answer> {
    const { answer } = await this.#ask(name, fields, timeoutMs);
    return answer;
  }

  /** Waits no longer for the answer that is due: the driver hangs. */
  giveUp(afterMs: number): void {
    if (this.#pending !== undefined) this.#fail(this.#late(this.#pending.text, this.#pending.name, afterMs));
  }

  /** Tells it to end; does not wait. */
  exit(how: CommandFields<"exit">["how"], code?: number): void {
    this.#expectsEnd = true;
    this.#write(
      JSON.stringify({ seq: ++this.#seq, cmd: "exit", how, ...(code === undefined ? {} : { code }) }),
    );
  }

  /** A signal to the process in which the clients live. */
  signalClients(signal: NodeJS.Signals): void {
    try {
      process.kill(this.clientPid, signal);
    } catch {
      // It is gone, which its end tells.
    }
  }

  /** Kills it with its children, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#expectsEnd = true;
    if (this.process.pid === undefined) return;
    endGroup(this.process.pid);
    if (this.end === undefined) await this.ended;
    this.process.stdout?.destroy();
    this.process.stderr?.destroy();
  }

  async #ask(name: AskedName, fields: object, timeoutMs: number): Promise<{ answer: Answer }> {
    if (this.#fault !== undefined) throw this.#fault;
    const seq = ++this.#seq;
    const text = JSON.stringify({ seq, cmd: name, ...fields });
    const answer = await new Promise<Answer>((resolve, reject) => {
      const settle = this.#limit(seq, timeoutMs, (afterMs) => {
        this.#fail(this.#late(text, name, afterMs));
      });
      this.#pending = {
        seq,
        name,
        text,
        askedMs: performance.now(),
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (fault) => {
          settle();
          reject(fault);
        },
      };
      this.#write(text);
      if (this.end !== undefined) this.#die();
    });
    return { answer };
  }

  /**
   * Gives the answer up once its time is over. A driver that has no processor, as far as the system
   * tells, is waited for longer: one that hangs needs none. Returns what ends the watch.
   */
  #limit(seq: number, timeoutMs: number, giveUp: (afterMs: number) => void): () => void {
    const meter = new ProcessMeter(this.clientPid);
    const stepMs = timeoutMs / 2;
    const fromMs = performance.now();
    let before = new Map() as Starvation;
    let steps = 0;
    const look = () => {
      const isStarved = steps > 0 && meter.starvedSinceMs(before) > stepMs * starvedShare;
      before = meter.starvation();
      const isOver = ++steps > 1 && (!isStarved || steps >= 2 * patience);
      if (!isOver) timer = setTimeout(look, stepMs);
      // What has come while the runner itself was held up is read first.
      else
        setImmediate(() => {
          if (this.#pending?.seq === seq) giveUp(Math.round(performance.now() - fromMs));
        });
    };
    let timer = setTimeout(look, stepMs);
    return () => clearTimeout(timer);
  }

  #write(text: string): void {
    if (this.process.stdin?.writable) this.process.stdin.write(`${text}\n`);
  }

  #receive(chunk: Uint8Array): void {
    this.#out.add(chunk);
    for (let line = this.#out.line(); line !== undefined; line = this.#out.line()) this.#answer(line);
    if (this.#out.restLength > longestAnswerBytes)
      this.#fail(rubbish("printed a line without end", this.#out.rest().subarray(0, 100).toString("latin1")));
  }

  #answer(bytes: Buffer): void {
    const text = bytes.toString("utf8");
    if (this.#fault !== undefined) return;
    const pending = this.#pending;
    let answer: Record<string, unknown>;
    try {
      answer = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      this.#fail(rubbish("printed a line that is no JSON", text));
      return;
    }
    if (pending === undefined) {
      if (!this.#expectsEnd) this.#fail(rubbish("printed a line while no command waited for one", text));
      return;
    }
    const fault = faultOfNamed(answer, `${pending.name}_answer`, schema);
    if (fault !== undefined) {
      this.#fail(rubbish(`answered ${short(pending.text)} with a line in which ${fault}`, text));
      return;
    }
    if (answer["seq"] !== pending.seq) {
      this.#fail(rubbish(`answered number ${answer["seq"]} where ${pending.seq} was asked`, text));
      return;
    }
    this.#pending = undefined;
    pending.resolve({ ...answer, roundMs: performance.now() - pending.askedMs });
  }

  #die(): void {
    if (this.#pending === undefined || this.#fault !== undefined) return;
    const { code, signal } = this.end ?? { code: null, signal: null };
    const how = signal === null ? `code ${code}` : signal;
    const hint = this.#pending.name === "hello" ? ` ${etiquette}` : "";
    const message = `the driver ended (${how}) before it answered ${short(this.#pending.text)}.${hint}${this.#words()}`;
    this.#fail(new DriverFault("death", message));
  }

  #fail(fault: DriverFault): DriverFault {
    this.#fault ??= fault;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(this.#fault);
    return this.#fault;
  }

  #late(text: string, name: AskedName, afterMs: number): DriverFault {
    const hint = name === "hello" ? ` ${etiquette}` : "";
    const message = `the driver gave no answer to ${short(text)} within ${(afterMs / 1000).toFixed(1)} s: it hangs, or it answers late, or its answer has not left its buffer.${hint}${this.#words()}`;
    return new DriverFault("hang", message);
  }

  #words(): string {
    return this.lastWords === ""
      ? ""
      : `\n  the last of its stderr:\n  ${this.lastWords.replaceAll("\n", "\n  ")}`;
  }
}

const rubbish = (what: string, line: string): DriverFault =>
  new DriverFault(
    "rubbish",
    `the driver ${what}.${line === "" ? "" : `\n  its line: ${short(line)}`}\n  ${etiquette}`,
  );

const short = (text: string): string => (text.length <= 300 ? text : `${text.slice(0, 300)}…`);

/** No monitor of this machine, and no wish of a person, reaches the clients under test. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("KISSBOT_MONITOR_")),
  );
}
