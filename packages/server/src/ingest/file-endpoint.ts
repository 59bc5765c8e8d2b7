import type { Server } from "node:net";
import { type AccountKind, accountFiles, idOfAccount } from "../account-file.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { untilAccepted } from "./backlog.js";
import type { Endpoint, EndpointOptions, EndpointRights } from "./endpoint.js";
import type { ListenerProblem } from "./listener-problem.js";
import { assertDirectory, assertSocketPath } from "./path-content.js";
import { PathWatch } from "./path-watch.js";
import type { SettingNames } from "./setting-names.js";
import { SocketError } from "./socket-error.js";
import { type MadeSocket, SocketFile, type SocketRights } from "./socket-file.js";
import { type SocketLock, takeSocketLock } from "./socket-lock.js";

export interface FileEndpointOptions extends EndpointOptions {
  readonly path: string;
  readonly rights: EndpointRights;
  readonly names: SettingNames;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A Unix socket of our own: locked, bound with its rights, watched, and removed at the end. */
export class FileEndpoint implements Endpoint {
  readonly givesRights = true;
  readonly #options: FileEndpointOptions;
  #lock: SocketLock | null = null;
  #file: SocketFile | null = null;
  #server: Server | null = null;
  #watch: PathWatch | null = null;
  #prepared: { readonly made: MadeSocket; readonly rights: SocketRights } | null = null;
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
    const { path, rights, names, logger } = this.#options;
    assertSocketPath(path, names.path);
    await assertDirectory(path, names.path);
    this.#resolve(rights);
    this.#lock = takeSocketLock(path, names.path);
    const { weakness } = this.#lock;
    if (weakness !== null)
      logger.warn(
        { path, reason: weakness },
        "the socket's path cannot be locked: a second monitor may not be noticed",
      );
    const file = new SocketFile(path, names);
    await file.assertFree();
    this.#file = file;
  }

  async prepare(given: EndpointRights): Promise<void> {
    const file = this.#claimedFile();
    const rights = this.#resolve(given);
    if (this.#watch !== null && !(await file.isOurs()))
      throw new SocketError("cannot_bind", `${file.path} is not this monitor's at the moment: try again`);
    this.#prepared = { made: await this.#make(file, rights), rights };
  }

  async open(): Promise<void> {
    const { clock, logger } = this.#options;
    const file = this.#claimedFile();
    const prepared = this.#prepared;
    if (prepared === null) throw new Error("not prepared");
    this.#prepared = null;
    const bindAgain = async () => this.#place(file, await this.#make(file, prepared.rights));
    this.#watch = new PathWatch({ file, bindAgain, clock, logger });
    await this.#place(file, prepared.made);
    this.#access = await file.whoMayConnect();
  }

  async discard(): Promise<void> {
    const prepared = this.#prepared;
    this.#prepared = null;
    if (prepared === null) return;
    await this.#file?.discard(prepared.made);
  }

  async hide(): Promise<void> {
    await this.#file?.remove();
  }

  async check(): Promise<void> {
    await this.#watch?.check();
  }

  async close(): Promise<void> {
    await this.discard();
    await this.#file?.remove();
    this.#server?.close();
    this.#lock?.release();
    this.#file = null;
    this.#server = null;
    this.#watch = null;
    this.#lock = null;
  }

  #claimedFile(): SocketFile {
    if (this.#file === null) throw new Error("not claimed");
    return this.#file;
  }

  #resolve({ socketMode: mode, socketGroup, socketOwner }: EndpointRights): SocketRights {
    const { names } = this.#options;
    const groupId = socketGroup === null ? null : idOf("group", socketGroup, names.group);
    const ownerId = socketOwner === null ? null : idOf("user", socketOwner, names.owner);
    return { mode, groupId, ownerId };
  }

  #make(file: SocketFile, rights: SocketRights): Promise<MadeSocket> {
    const { createServer, backlog } = this.#options;
    return file.make(createServer(), backlog, rights);
  }

  async #place(file: SocketFile, made: MadeSocket): Promise<void> {
    await file.place(made);
    const old = this.#server;
    this.#server = made.server;
    if (old === null) return;
    // Nobody reaches the old one any more, as it has no path. Whoever had connected to it is
    // accepted first, and stays.
    let accepted = 0;
    old.on("connection", () => {
      accepted += 1;
    });
    await untilAccepted(() => accepted, this.#options.clock);
    old.close();
  }
}

/** Throws `unknown_group` or `unknown_user`. */
function idOf(kind: AccountKind, given: string, setting: string): number {
  const id = idOfAccount(kind, given);
  if (id !== undefined) return id;
  throw new SocketError(
    `unknown_${kind}`,
    `${setting}: expected a ${kind} of ${accountFiles[kind]} or its number, got ${JSON.stringify(given.slice(0, 64))}`,
  );
}
