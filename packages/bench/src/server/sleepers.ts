import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Processes that do nothing, to be looked at. They end by themselves, should nobody be left to end them. */
export class Sleepers {
  readonly pids: readonly number[];
  readonly #shell: ChildProcess;

  private constructor(pids: readonly number[], shell: ChildProcess) {
    this.pids = pids;
    this.#shell = shell;
  }

  /** As many as asked for, or as the machine allows. */
  static async start(count: number): Promise<Sleepers> {
    const script = `i=0; while [ $i -lt ${count} ]; do sleep 120 & echo $!; i=$((i+1)); done; echo end; wait`;
    // In a group of their own, by which all of them are ended.
    const shell = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    for await (const chunk of shell.stdout.setEncoding("utf8")) {
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
