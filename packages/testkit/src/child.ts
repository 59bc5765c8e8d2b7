import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";
import { until } from "./until.js";

export interface Exit {
  /** Null where a signal ended it; -1 where it could not be started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** When the process was gone, in Unix milliseconds. */
  readonly atMs: number;
  /** Whether it had to be killed, since it did not end within its time. */
  readonly late: boolean;
}

export interface ChildOptions {
  /** The tests' own, if not given. */
  readonly folder?: string;
  /**
   * What stands in its environment beside `PATH`, on which the running Node comes first, `HOME`,
   * and no state file of a monitor.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the tests write to it; otherwise it has no standard input. */
  readonly stdin?: boolean;
  /** A channel for messages, beside the streams. */
  readonly ipc?: boolean;
  /** In a process group of its own, which is signalled and killed as a whole. */
  readonly group?: boolean;
  /** After so long it is killed. */
  readonly limitMs?: number;
  /** The number of the user, and of the group, that it runs as; only root has a choice. */
  readonly uid?: number;
}

const running = new Set<Child>();

// However the tests end, nothing that they started stays behind, not even a process that is
// stopped.
process.once("exit", () => {
  for (const child of running) child.signal("SIGKILL");
});

/** Kills what a failed test has left behind, and waits until it is gone. */
export async function killChildren(): Promise<void> {
  await Promise.all([...running].map((child) => child.kill()));
}

/**
 * A process of a test, with what it printed. Its environment is bare: nothing that a person or a
 * runner set reaches it. Gone with `await using`.
 */
export class Child implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = "";
  stderr = "";
  readonly #isGroup: boolean;
  #exit: Exit | null = null;
  #late = false;

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    const { folder, env = {}, stdin = false, ipc = false, group = false, limitMs, uid } = options;
    this.#isGroup = group;
    this.process = spawn(command, args, {
      ...(folder === undefined ? {} : { cwd: folder }),
      ...(uid === undefined ? {} : { uid, gid: uid }),
      detached: group,
      stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe", ...(ipc ? ["ipc" as const] : [])],
      env: { ...bareEnvironment(), ...env },
    });
    running.add(this);
    // A word to one that has ended goes nowhere.
    this.process.stdin?.on("error", () => undefined);
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    const limit = limitMs === undefined ? undefined : setTimeout(() => this.#killLate(), limitMs);
    this.exited = new Promise((resolve) => {
      let atMs = 0;
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(limit);
        running.delete(this);
        const { stdout, stderr } = this;
        this.#exit ??= { code, signal, stdout, stderr, atMs, late: this.#late };
        resolve(this.#exit);
      };
      this.process.once("error", (error) => {
        if (this.process.pid !== undefined) return;
        this.stderr += String(error);
        end(-1, null);
      });
      this.process.once("exit", () => {
        atMs = Date.now();
      });
      this.process.once("close", end);
    });
  }

  /** Runs this Node: `Child.node([file, "argument"])`. */
  static node(args: readonly string[], options: ChildOptions = {}): Child {
    return new Child(process.execPath, args, options);
  }

  /** Runs a program given as text, to its end. */
  static run(command: string, args: readonly string[], options: ChildOptions = {}): Promise<Exit> {
    return new Child(command, args, options).exited;
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  /** Null while it runs. */
  get exit(): Exit | null {
    return this.#exit;
  }

  /** Goes nowhere where it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#isGroup) {
      this.process.kill(signal);
      return;
    }
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  write(text: string): void {
    this.process.stdin?.write(text);
  }

  endInput(): void {
    this.process.stdin?.end();
  }

  /** The whole lines that it has printed so far, each parsed as JSON. */
  events<Event>(): Event[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Event);
  }

  /**
   * Resolves when its output holds the text; rejects when it ends or the time is over without it.
   */
  async prints(text: string, timeoutMs = 30_000): Promise<void> {
    const printed = () => this.stdout.includes(text);
    await until(`${JSON.stringify(text)} is printed`, () => printed() || this.#exit !== null, {
      timeoutMs,
      describe: () => this.#lastWords(),
    });
    if (!printed())
      throw new Error(`it ended without printing ${JSON.stringify(text)}: ${this.#lastWords()}`);
  }

  /** Waits for the end of the process, which must come by itself. */
  async ends(timeoutMs = 30_000): Promise<Exit> {
    await until(`process ${this.pid} ends`, () => this.#exit !== null, {
      timeoutMs,
      describe: () => this.#lastWords(),
    });
    return this.#exit as Exit;
  }

  /** SIGKILL. Resolves when it is gone and reaped: its pid is free. */
  async kill(): Promise<Exit> {
    this.signal("SIGKILL");
    return await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #killLate(): void {
    this.#late = true;
    this.signal("SIGKILL");
  }

  #lastWords(): string {
    return `${this.stdout.slice(-500)} ${this.stderr.slice(-2_000)}`;
  }
}

function bareEnvironment(): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  // The tests' monitors are not found by commands of the machine, nor those of the machine by the
  // tests.
  const KISSBOT_MONITOR_STATE_FILE = "off";
  return { PATH: `${dirname(process.execPath)}:${PATH}`, HOME, KISSBOT_MONITOR_STATE_FILE };
}
