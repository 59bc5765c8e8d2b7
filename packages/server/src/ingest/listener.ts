import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Principals } from "../principals/principals.js";
import { plainText } from "../quoted-text.js";
import { untilAccepted } from "./backlog.js";
import { Connection } from "./connection.js";
import type { ConnectionRoom } from "./connection-room.js";
import type { DescriptorWatch } from "./descriptor-watch.js";
import type { Endpoint } from "./endpoint.js";
import { codeOfError } from "./error-code.js";
import { FileEndpoint } from "./file-endpoint.js";
import { InheritedEndpoint } from "./inherited-endpoint.js";
import type { LineIntake } from "./line-intake.js";
import type { ListenerProblem } from "./listener-problem.js";
import type { ListenerTerms } from "./listener-terms.js";
import { PipeEndpoint } from "./pipe-endpoint.js";
import { settingsOfListener, socketSettings } from "./setting-names.js";
import { SocketError } from "./socket-error.js";

export interface ListenerOptions {
  readonly terms: ListenerTerms;
  readonly intake: LineIntake;
  /** What all listeners share. */
  readonly room: ConnectionRoom;
  readonly descriptors: Pick<DescriptorWatch, "exhausted">;
  readonly principals: Pick<Principals, "get" | "hasOthers">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backlog: number;
  /**
   * A listening socket that was handed down: then path, mode, owner and group are its maker's
   * concern. Null: there is none.
   */
  readonly inheritedDescriptor: number | null;
}

/**
 * What a server lets in: connections under these terms. One that nobody should find yet lets nobody
 * in.
 */
interface Gate {
  terms: ListenerTerms;
  isOpen: boolean;
}

/**
 * One path at which bots connect. States: *closed*; *claimed*; *open*, in which `problem` tells
 * whether bots find us; *closed* again. Its terms may change while it is open; a connection keeps
 * those under which it was accepted.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #endpoint: Endpoint;
  readonly #connections = new Set<Connection>();
  #gate: Gate;
  /** The terms that were prepared; and their gate, where they need a server of their own. */
  #prepared: ListenerTerms | null = null;
  #nextGate: Gate | null = null;
  #accepted = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#gate = { terms: options.terms, isOpen: false };
    this.#endpoint = this.#createEndpoint();
  }

  get terms(): ListenerTerms {
    return this.#gate.terms;
  }

  get principal(): string {
    return this.terms.principal;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * The path that bots connect to; for an inherited socket that of its creator, if the system shows
   * it.
   */
  get socketPath(): string {
    return this.#endpoint.path ?? this.terms.socketPath;
  }

  /** Names the path, but for `local`. */
  get problem(): ListenerProblem | null {
    const { problem } = this.#endpoint;
    const { principal } = this;
    if (problem === null || principal === "local") return problem;
    const detail = `the listener of ${principal} on ${plainText(this.socketPath)}: ${problem.detail}`;
    return { ...problem, detail };
  }

  /** For people: `owner root and group root (mode 0660)`. */
  get whoMayConnect(): string {
    return this.#endpoint.whoMayConnect;
  }

  /** Makes sure that the path is free, and keeps it so. Rejects with a `SocketError`. */
  claim(): Promise<void> {
    return orSocketError(() => this.#endpoint.claim());
  }

  /**
   * Makes ready to listen under these terms, whose path is that of the first ones. Rejects with a
   * `SocketError`, and then all is as before.
   */
  async prepare(terms: ListenerTerms): Promise<void> {
    const { isOpen } = this.#gate;
    if (!isOpen || (this.#endpoint.givesRights && !hasSameRights(this.terms, terms))) {
      this.#nextGate = { terms, isOpen: false };
      try {
        await orSocketError(() => this.#endpoint.prepare(terms));
      } catch (error) {
        this.#nextGate = null;
        throw error;
      }
    }
    this.#prepared = terms;
  }

  /**
   * Bots connect under the terms that were prepared. Rejects with a `SocketError`; then `check`
   * tries again.
   */
  async open(): Promise<void> {
    const [terms, gate] = [this.#prepared, this.#nextGate];
    if (terms === null) throw new Error("not prepared");
    this.#forgetPrepared();
    if (gate === null) {
      this.#gate.terms = terms;
      return;
    }
    this.#gate = gate;
    gate.isOpen = true;
    await orSocketError(() => this.#endpoint.open());
  }

  /** Drops what was prepared. Never rejects. */
  async discard(): Promise<void> {
    this.#forgetPrepared();
    await this.#endpoint.discard();
  }

  /** New connections are refused; earlier ones are still accepted if possible. Never rejects. */
  hide(): Promise<void> {
    return this.#endpoint.hide();
  }

  /** See `Endpoint`. */
  check(): Promise<void> {
    return this.#endpoint.check();
  }

  /** Those that were accepted while there was but one principal are that one's from now on. */
  nameConnections(): void {
    const principal = this.#options.principals.get(this.terms.principal) ?? null;
    if (principal === null) return;
    for (const connection of this.#connections) {
      if (connection.principal !== null) continue;
      connection.principal = principal;
      principal.connectionOpened();
    }
  }

  /** Ends every connection; they are gone some turns of the event loop later. */
  endConnections(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Leaves the path to others. Its connections stay. Never rejects. */
  close(): Promise<void> {
    this.#gate.isOpen = false;
    return this.#endpoint.close();
  }

  /** The same, once it has accepted what had connected by then. */
  async retire(): Promise<void> {
    await this.hide();
    await untilAccepted(() => this.#accepted, this.#options.clock);
    await this.close();
  }

  #forgetPrepared(): void {
    this.#prepared = null;
    this.#nextGate = null;
  }

  #createEndpoint(): Endpoint {
    const { terms, backlog, inheritedDescriptor, clock, logger } = this.#options;
    const { principal, socketPath: path } = terms;
    const common = { createServer: () => this.#createServer(), backlog };
    if (inheritedDescriptor !== null)
      return new InheritedEndpoint({ ...common, descriptor: inheritedDescriptor });
    const names = principal === "local" ? socketSettings : settingsOfListener(principal);
    if (process.platform === "win32") return new PipeEndpoint({ ...common, path, names });
    return new FileEndpoint({ ...common, path, rights: terms, names, clock, logger });
  }

  #createServer(): Server {
    const { room } = this.#options;
    const gate = this.#nextGate ?? this.#gate;
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket, gate));
    // Connections past the limit are closed at once, as the system does without free descriptors.
    if (room.limit !== null) server.maxConnections = room.limit;
    server.on("drop", () => this.#refuse());
    server.on("error", (error) => {
      // Before it listens, `listen` reports errors.
      if (server.listening) this.#options.descriptors.exhausted(codeOfError(error));
    });
    return server;
  }

  #accept(socket: Socket, gate: Gate): void {
    const { room, intake, principals, logger } = this.#options;
    this.#accepted++;
    // Where there is but one, nobody counts by it.
    const { principal: name } = gate.terms;
    const principal = name === "local" && !principals.hasOthers ? null : principals.get(name);
    if (!gate.isOpen || principal === undefined) {
      socket.destroy();
      return;
    }
    if (room.isFull) {
      // Several listeners have the process's descriptors together.
      socket.destroy();
      this.#refuse();
      return;
    }
    if (principal?.hasAllConnections === true) {
      socket.destroy();
      principal.refuseConnection();
      return;
    }
    room.total++;
    room.open++;
    principal?.connectionOpened();
    this.#connections.add(new Connection({ socket, principal, intake, logger, onClosed: this.#onClosed }));
  }

  #refuse(): void {
    this.#options.room.refused();
    this.#options.descriptors.exhausted("EMFILE");
  }

  readonly #onClosed = (connection: Connection): void => {
    this.#connections.delete(connection);
    this.#options.room.open--;
    connection.principal?.connectionClosed();
  };
}

function hasSameRights(one: ListenerTerms, other: ListenerTerms): boolean {
  return (
    one.socketMode === other.socketMode &&
    one.socketGroup === other.socketGroup &&
    one.socketOwner === other.socketOwner
  );
}

async function orSocketError(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    throw error instanceof SocketError ? error : new SocketError("cannot_bind", String(error));
  }
}
