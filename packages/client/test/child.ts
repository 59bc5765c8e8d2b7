import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.js";

/** The package's folder: from there `@kissbot/client` is what has been built. */
export const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** When the process was gone, in Unix milliseconds. */
  readonly atMs: number;
}

const running = new Set<ChildProcess>();

/** Kills what a failed test has left behind. */
export function killChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** A Node process of a test. */
export class Child {
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = "";
  #stderr = "";

  /**
   * Runs `node ...args` in the package's folder, without settings of ours from the outside; by
   * means of the command `through`, if there is one.
   */
  constructor(args: readonly string[], env: Record<string, string> = {}, through: readonly string[] = []) {
    const [command = process.execPath, ...rest] = [...through, process.execPath, ...args];
    this.process = spawn(command, rest, {
      cwd: packageFolder,
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this.process);
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    let atMs = 0;
    this.process.on("exit", () => {
      atMs = Date.now();
      running.delete(this.process);
    });
    this.exited = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.#stderr, atMs });
      });
    });
  }

  /** What it has printed so far, each whole line parsed as JSON. */
  events<T>(): T[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as T);
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

/** Runs a program given as text, as an ES module. */
export function runProgram(
  text: string,
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Child {
  return new Child([...flags, "--input-type=module", "--eval", text], env);
}

/** Starts `children/monitor.mjs`; resolves when it listens. */
export async function startMonitor(mode: string, socketPath: string): Promise<Child> {
  const child = new Child([join("test", "children", "monitor.mjs"), mode, socketPath]);
  await until(() => child.stdout.includes("listening"));
  return child;
}
