import type { Server } from "node:net";
import type { Endpoint, EndpointOptions } from "./endpoint.js";
import { codeOfError } from "./error-code.js";
import { listen } from "./listen.js";
import { assertSocketPath } from "./path-content.js";
import type { SettingNames } from "./setting-names.js";
import { monitorRuns } from "./socket-error.js";

export interface PipeEndpointOptions extends EndpointOptions {
  readonly path: string;
  readonly names: SettingNames;
}

/**
 * A named pipe of Windows: the system gives its name to one server only, and takes it back when
 * that one ends.
 */
export class PipeEndpoint implements Endpoint {
  readonly givesRights = false;
  readonly problem = null;
  readonly whoMayConnect = "users of this machine, as Windows lets them use a named pipe";
  readonly #options: PipeEndpointOptions;
  #server: Server | null = null;

  constructor(options: PipeEndpointOptions) {
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  async claim(): Promise<void> {
    // Nobody else can have it: the system gives it to one process.
  }

  async prepare(): Promise<void> {
    // A pipe has one name and no rights: there is nothing that could be made beside it.
  }

  async open(): Promise<void> {
    if (this.#server !== null) return;
    const { path, names, createServer, backlog } = this.#options;
    assertSocketPath(path, names.path);
    const server = createServer();
    try {
      await listen(server, { path, backlog });
    } catch (error) {
      throw codeOfError(error) === "EADDRINUSE" ? monitorRuns(path, null, names.path) : error;
    }
    this.#server = server;
  }

  async discard(): Promise<void> {}

  async hide(): Promise<void> {
    this.#server?.close();
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.#server?.close();
    this.#server = null;
  }
}
