import { connect, type Socket } from "node:net";
import { Child } from "./child.js";

/**
 * Listens, says so, and then holds its event loop for ever: what a hung monitor looks like from
 * outside.
 */
const program = `
  const { writeSync } = require("node:fs");
  const [path, backlog] = process.argv.slice(1);
  require("node:net").createServer().listen({ path, backlog: Number(backlog) }, () => {
    writeSync(1, "frozen");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/**
 * A monitor that hangs: the kernel takes connections and bytes for it until its buffers are full;
 * nobody reads them. Gone with `await using`.
 */
export class FrozenMonitor implements AsyncDisposable {
  readonly path: string;
  readonly #child: Child;
  readonly #waiting: Socket[] = [];

  private constructor(path: string, backlog: number) {
    this.path = path;
    this.#child = Child.node(["-e", program, path, `${backlog}`]);
  }

  /** One whose kernel still takes connections. */
  static async open(path: string, backlog = 128): Promise<FrozenMonitor> {
    const monitor = new FrozenMonitor(path, backlog);
    await monitor.#child.prints("frozen");
    return monitor;
  }

  /**
   * One whose backlog is full: a further connection is refused for the moment, or waits where the
   * caller lets it.
   */
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
    await this.#child.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #takesConnection(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.path, () => resolve(true));
      socket.on("error", () => resolve(false)); // EAGAIN: full; later, ECONNRESET at the end
      this.#waiting.push(socket);
    });
  }
}
