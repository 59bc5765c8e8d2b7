import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pinned } from "./cores.js";

/**
 * What the systemd unit and the image set for the monitor. The servers that it is compared with get
 * the same.
 */
export const usualEnvironment = { MALLOC_ARENA_MAX: "2" };

type Reply = { readonly id: number; readonly value?: unknown; readonly error?: string };

/**
 * A process of its own that answers questions one after another: a load, or a server to compare
 * with.
 */
export class Peer {
  readonly pid: number;
  readonly #child: ChildProcess;
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid as number;
  }

  /** Starts a script of this package, which calls `answer`, on that core. */
  static async start(script: URL, core: number | null): Promise<Peer> {
    // `execArgv` brings what runs TypeScript, which takes memory of its own.
    const flags = script.pathname.endsWith(".mjs") ? [] : process.execArgv;
    const [file = "", ...args] = pinned(core, [process.execPath, ...flags, fileURLToPath(script)]);
    const env = { ...process.env, ...usualEnvironment };
    return Peer.of(spawn(file, args, { env, stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  }

  /** Resolves when the process is ready to be asked. */
  static async of(child: ChildProcess): Promise<Peer> {
    const peer = new Peer(child);
    await peer.ask("ready");
    return peer;
  }

  /** Rejects with what the process says went wrong, or when it ends. */
  ask<Answer>(question: string, details: object = {}): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const onMessage = (reply: Reply) => {
        if (reply.id !== id) return;
        done();
        if (reply.error === undefined) resolve(reply.value as Answer);
        else reject(new Error(reply.error));
      };
      const onExit = (code: number | null) => {
        done();
        reject(new Error(`the process that was asked "${question}" ended with ${code}`));
      };
      const done = () => {
        this.#child.off("message", onMessage).off("exit", onExit);
      };
      this.#child.on("message", onMessage).on("exit", onExit);
      this.#child.send({ id, question, details });
    });
  }

  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill(signal);
    await exit;
  }
}
