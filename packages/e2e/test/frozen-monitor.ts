import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Listens, says so, and then holds its event loop for ever: what a hung monitor looks like from outside. */
const program = `
  const { writeSync } = require("node:fs");
  const [path, backlog] = process.argv.slice(1);
  require("node:net").createServer().listen({ path, backlog: Number(backlog) }, () => {
    writeSync(1, "frozen");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A monitor that hangs: the kernel takes connections and bytes for it until its buffers are full; nobody reads them. */
export class FrozenMonitor {
  readonly #child: ChildProcess;
  readonly #waiting: Socket[] = [];

  private constructor(
    readonly path: string,
    backlog: number,
  ) {
    this.#child = spawn(process.execPath, ["-e", program, path, `${backlog}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  /** One whose kernel still takes connections. */
  static async open(path: string, backlog = 128): Promise<FrozenMonitor> {
    const monitor = new FrozenMonitor(path, backlog);
    const stdout = monitor.#child.stdout;
    if (stdout === null) throw new Error("the frozen monitor has no stdout");
    await once(stdout, "data");
    return monitor;
  }

  /** One whose backlog is full: a further connection is refused for the moment, or waits where the caller lets it. */
  static async openFull(path: string): Promise<FrozenMonitor> {
    const monitor = await FrozenMonitor.open(path, 1);
    for (let i = 0; i < 16; i++) {
      if (!(await monitor.#takesConnection())) return monitor;
    }
    await monitor.close();
    throw new Error("the backlog of the frozen monitor never filled");
  }

  /** SIGKILL: what holds its event loop hears nothing else. */
  async close(): Promise<void> {
    for (const socket of this.#waiting) socket.destroy();
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }

  #takesConnection(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.path, () => resolve(true));
      socket.on("error", () => resolve(false)); // EAGAIN: full; later, ECONNRESET at the end
      this.#waiting.push(socket);
    });
  }
}
