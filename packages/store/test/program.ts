import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process of a test: its output so far, and waiting for what it will print. Killed when the test is over. */
export class Program {
  readonly child: ChildProcess;
  output = "";
  errors = "";
  readonly exited: Promise<number | null>;
  #onOutput: () => void = () => undefined;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.#onOutput();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    this.exited = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (code) => {
        resolve(code);
        this.#onOutput();
      });
    });
  }

  /** Runs a file of this folder with Node. */
  static node(file: string, ...args: readonly string[]): Program {
    return new Program(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args]);
  }

  /** Resolves once the output holds the text; rejects when the process ends or the time is over without it. */
  prints(text: string, timeoutMs = 20_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail("in time"), timeoutMs);
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(
          new Error(
            `${JSON.stringify(text)} was not printed ${why}: ${this.output.slice(-500)} ${this.errors}`,
          ),
        );
      };
      this.#onOutput = () => {
        if (this.output.includes(text)) {
          clearTimeout(timer);
          resolve();
        } else if (this.child.exitCode !== null || this.child.signalCode !== null) {
          fail("before it ended");
        }
      };
      this.#onOutput();
    });
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
