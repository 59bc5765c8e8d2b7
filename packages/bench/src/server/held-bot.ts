import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

/**
 * A bot as small as a process can be: `sleep`, which alone holds the connection over which its
 * lines were written. So its end closes the connection, as a bot's does, and two hundred of them
 * fit anywhere.
 */
export class HeldBot {
  readonly channel: string;
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(channel: string, child: ChildProcess) {
    this.channel = channel;
    this.pid = child.pid as number;
    this.#child = child;
  }

  /** `intervalS`: how often it says that it beats. It does not. */
  static async start(socketPath: string, channel: string, intervalS = 30): Promise<HeldBot> {
    const socket = connect(socketPath);
    await once(socket, "connect");
    const started_at = Date.now();
    const child = spawn("sleep", ["3600"], { stdio: ["ignore", "ignore", "ignore", socket] });
    await once(child, "spawn");
    const lines = ["register", "heartbeat"].map((type) => ({ type, channel, pid: child.pid, started_at }));
    const text = lines.map((line) => `${JSON.stringify({ ...line, interval_s: intervalS })}\n`).join("");
    await new Promise<void>((resolve, reject) => {
      socket.write(text, (error) => (error instanceof Error ? reject(error) : resolve()));
    });
    socket.destroy();
    return new HeldBot(channel, child);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
