import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A path that nobody else uses, in a directory of its own; on Windows the name of a pipe. */
export class Place {
  readonly socketPath: string;
  readonly #directory: string | undefined;

  constructor(socketPath?: string) {
    this.#directory = socketPath === undefined ? mkdtempSync(join(tmpdir(), "kissbot-")) : undefined;
    this.socketPath =
      socketPath ??
      (process.platform === "win32"
        ? `\\\\.\\pipe\\${this.#directory?.split("\\").at(-1)}`
        : join(this.#directory ?? "", "monitor.sock"));
  }

  /** Takes the directory away, if it was made here. */
  remove(): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
  }
}

/**
 * Listens on a Unix socket or pipe. States: *stopped*; *listening*, from `start` to `stop`, which may be repeated. `stop`
 * ends the connections at once.
 */
export class Listener {
  readonly connections = new Set<Socket>();
  readonly #socketPath: string;
  readonly #server: Server;

  constructor(
    socketPath: string,
    options: { pauseOnConnect: boolean },
    onConnection: (socket: Socket) => void,
  ) {
    this.#socketPath = socketPath;
    this.#server = createServer(options, (socket) => {
      this.connections.add(socket);
      // A client may go at any time; its end is told by `close`.
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.connections.delete(socket));
      onConnection(socket);
    });
  }

  start(): Promise<void> {
    if (this.#server.listening) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#socketPath, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  disconnect(): void {
    for (const socket of this.connections) socket.destroy();
  }

  stop(): Promise<void> {
    if (!this.#server.listening) return Promise.resolve();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.disconnect();
    });
  }
}
