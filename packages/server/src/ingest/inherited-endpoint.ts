import type { Server } from "node:net";
import type { Endpoint, EndpointOptions } from "./endpoint.js";
import { pathOfInherited } from "./inherited-socket.js";
import { listen } from "./listen.js";
import { statOfPath } from "./path-content.js";
import { describeAccess } from "./socket-access.js";
import { type SocketLock, takeSocketLock } from "./socket-lock.js";

export interface InheritedEndpointOptions extends EndpointOptions {
  readonly descriptor: number;
}

/**
 * A listening socket inherited from its creator, which decides path, mode, group and owner; so
 * nothing is checked or removed. It outlives this process: connections waiting in it go to the next
 * monitor. The lock is taken if it has a path in a folder that we may write to, so that a monitor
 * started by hand learns who runs there.
 */
export class InheritedEndpoint implements Endpoint {
  readonly givesRights = false;
  readonly problem = null;
  readonly #options: InheritedEndpointOptions;
  #lock: SocketLock | null = null;
  #server: Server | null = null;
  #path: string | null = null;
  #access = "as the socket unit says";

  constructor(options: InheritedEndpointOptions) {
    this.#options = options;
  }

  get path(): string | null {
    return this.#path;
  }

  get whoMayConnect(): string {
    return this.#access;
  }

  async claim(): Promise<void> {
    const path = await pathOfInherited(this.#options.descriptor);
    this.#path = path;
    if (path === null) return;
    this.#lock = takeSocketLock(path);
    const stats = await statOfPath(path);
    if (stats !== null) this.#access = describeAccess(stats);
  }

  async prepare(): Promise<void> {
    // Its rights are its creator's concern.
  }

  async open(): Promise<void> {
    if (this.#server !== null) return;
    const { descriptor, createServer, backlog } = this.#options;
    this.#server = createServer();
    await listen(this.#server, { fd: descriptor, backlog });
  }

  async discard(): Promise<void> {}

  async hide(): Promise<void> {
    this.#server?.close();
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.#server?.close();
    this.#lock?.release();
    this.#server = null;
    this.#lock = null;
  }
}
