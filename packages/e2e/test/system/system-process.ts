import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { dirname } from "node:path";
import { until } from "./until.js";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcess>();

// However the tests end, nothing that they started stays behind, not even a process that is stopped.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A process of a test, with what it printed. Its environment is bare: nothing that a person or a runner set reaches it. */
export class SystemProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = "";
  stderr = "";
  #exit: Exit | null = null;

  constructor(
    command: string,
    args: readonly string[],
    { env = {}, ...options }: SpawnOptions & { readonly env?: Record<string, string> } = {},
  ) {
    const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
    this.child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
      env: { PATH: path, HOME: process.env["HOME"] ?? "", ...env },
    });
    running.add(this.child);
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve) => {
      this.child.once("error", (error) => {
        this.stderr += String(error);
        running.delete(this.child);
        this.#exit = { code: -1, signal: null };
        resolve(this.#exit);
      });
      this.child.once("close", (code, signal) => {
        running.delete(this.child);
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get exit(): Exit | null {
    return this.#exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits for the end of the process, which must come by itself. */
  async ends(timeoutMs: number): Promise<Exit> {
    await until(`process ${this.pid} ends`, () => this.#exit !== null, {
      timeoutMs,
      describe: () => this.stderr.slice(-2_000),
    });
    return this.#exit as Exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }
}
