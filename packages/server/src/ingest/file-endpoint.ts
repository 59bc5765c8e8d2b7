import type { Server } from "node:net";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { idOfGroup } from "./account-file.js";
import type { Endpoint, EndpointOptions } from "./endpoint.js";
import type { ListenerProblem } from "./listener-problem.js";
import { assertDirectory, assertSocketPath } from "./path-content.js";
import { PathWatch } from "./path-watch.js";
import { SocketFile } from "./socket-file.js";
import { type SocketLock, takeSocketLock } from "./socket-lock.js";

export interface FileEndpointOptions extends EndpointOptions {
  readonly path: string;
  readonly mode: number;
  readonly group: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A Unix socket of our own: locked, bound with its rights, watched, and removed at the end. */
export class FileEndpoint implements Endpoint {
  readonly #options: FileEndpointOptions;
  #lock: SocketLock | null = null;
  #file: SocketFile | null = null;
  #server: Server | null = null;
  #watch: PathWatch | null = null;
  #access = "nobody yet";

  constructor(options: FileEndpointOptions) {
    this.#options = options;
  }

  get problem(): ListenerProblem | null {
    return this.#watch?.problem ?? null;
  }

  get path(): string {
    return this.#options.path;
  }

  get whoMayConnect(): string {
    return this.#access;
  }

  async claim(): Promise<void> {
    const { path, mode, group, logger } = this.#options;
    assertSocketPath(path);
    await assertDirectory(path);
    const groupId = group === null ? null : await idOfGroup(group);
    this.#lock = takeSocketLock(path);
    const { weakness } = this.#lock;
    if (weakness !== null)
      logger.warn(
        { path, reason: weakness },
        "the socket's path cannot be locked: a second monitor may not be noticed",
      );
    const file = new SocketFile({ path, mode, groupId });
    await file.assertFree();
    this.#file = file;
  }

  async open(): Promise<void> {
    const { clock, logger } = this.#options;
    const file = this.#file;
    if (file === null) throw new Error("not claimed");
    await this.#bind(file);
    this.#access = await file.whoMayConnect();
    this.#watch = new PathWatch({ file, bindAgain: () => this.#bind(file), clock, logger });
  }

  async hide(): Promise<void> {
    await this.#file?.remove();
  }

  async check(): Promise<void> {
    await this.#watch?.check();
  }

  async close(): Promise<void> {
    await this.#file?.remove();
    this.#server?.close();
    this.#lock?.release();
    this.#file = null;
    this.#server = null;
    this.#watch = null;
    this.#lock = null;
  }

  async #bind(file: SocketFile): Promise<void> {
    const server = this.#options.createServer();
    await file.bind(server, this.#options.backlog);
    // Nobody reaches the old one any more, as it has no path. Its connections stay.
    this.#server?.close();
    this.#server = server;
  }
}
