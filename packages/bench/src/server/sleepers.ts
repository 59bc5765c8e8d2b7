import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

/**
 * Processes that do nothing, to be looked at. They wait for a pipe of ours to end, and so end by
 * themselves, should nobody be left to end them.
 */
export class Sleepers {
  readonly pids: readonly number[];
  readonly #shell: ChildProcess;

  private constructor(pids: readonly number[], shell: ChildProcess) {
    this.pids = pids;
    this.#shell = shell;
  }

  /** As many as asked for, or as the machine allows. */
  static async start(count: number): Promise<Sleepers> {
    // A copy of the shell each: a program of its own would take twice as long to start.
    const script = `i=0; while [ $i -lt ${count} ]; do (read _ <&3) & echo $!; i=$((i+1)); done; echo end; wait`;
    // In a group of their own, by which all of them are ended.
    const shell = spawn("sh", ["-c", script], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    let text = "";
    for await (const chunk of (shell.stdout as Readable).setEncoding("utf8")) {
      text += chunk;
      if (text.endsWith("end\n")) break;
    }
    return new Sleepers(text.trim().split("\n").slice(0, -1).map(Number), shell);
  }

  async stop(): Promise<void> {
    const exit = once(this.#shell, "exit");
    process.kill(-(this.#shell.pid as number), "SIGKILL");
    await exit;
  }
}
