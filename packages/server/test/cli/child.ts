import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../until.js";

/** The command as it is shipped. */
const command = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "dist", "main.js");

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
}

const running = new Set<ChildProcess>();

/** Kills what a failed test has left behind. */
export function killChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** One run of the built command, in a folder of its own and without settings of ours from the outside. */
export class Child {
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], { folder, env = {}, nodeFlags = [] }: ChildOptions) {
    this.process = spawn(process.execPath, [...nodeFlags, command, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "", TMPDIR: folder, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(this.process);
    this.process.stdin?.on("error", () => {
      // It ended first.
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        running.delete(this.process);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

/** Runs one command to its end. */
export function runCommand(args: readonly string[], options: ChildOptions): Promise<Exit> {
  return new Child(args, options).exited;
}

export interface Monitor {
  readonly child: Child;
  readonly socketPath: string;
  readonly store: string;
  /** Flags that let another command find it. */
  readonly at: readonly string[];
}

/** A monitor in the folder, with a port of its own; resolves when it runs. */
export async function startMonitor(
  folder: string,
  more: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<Monitor> {
  const [socketPath, store] = [join(folder, "kb.sock"), join(folder, "kb.db")];
  const args = ["start", "--socket", socketPath, "--store", store, "--http", "0", "--json", ...more];
  const child = new Child(args, { folder, nodeFlags });
  const ended = () => child.process.exitCode !== null || child.process.signalCode !== null;
  await until("the monitor runs", () => child.stdout.endsWith("}\n") || ended(), 60_000);
  if (ended()) throw new Error(`the monitor ended: ${(await child.exited).stderr}`);
  const { http } = JSON.parse(child.stdout) as { http: string };
  return { child, socketPath, store, at: ["--http", http.replace("http://", ""), "--store", store] };
}

/** The processes whose command line has this text. Linux alone shows them like this. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(join("/proc", pid, "cmdline"), "utf8").includes(text);
      } catch {
        // It has just ended.
        return false;
      }
    })
    .map(Number);
}
