import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections of a server, to end them when it stops: those on which nothing is under way at
 * once, the others when their answer is complete. Node's own `closeIdleConnections` leaves those
 * open that have never asked anything, and each would hold up the stop.
 */
export class OpenConnections {
  readonly #open = new Set<Socket>();
  /** The answers that are under way on each, in the order of their requests. */
  readonly #underWay = new Map<Socket, Set<ServerResponse>>();
  #closing = false;

  watch(server: Server): void {
    server.on("connection", (socket: Socket) => {
      if (this.#closing) socket.destroy();
      this.#open.add(socket);
      socket.once("close", () => this.#gone(socket));
    });
    server.on("request", ({ socket }, response) => {
      const underWay = this.#underWay.get(socket) ?? new Set();
      this.#underWay.set(socket, underWay.add(response));
      response.once("close", () => this.#answered(socket, response));
    });
  }

  /** From now on nothing stays open without being needed. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#open) if (!this.#underWay.has(socket)) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /**
   * When a connection with pipelined requests ends, Node notifies only the current answer. The
   * answers behind it would wait for ever and keep their memory.
   */
  #gone(socket: Socket): void {
    this.#open.delete(socket);
    for (const response of this.#underWay.get(socket) ?? []) {
      if (response.socket !== null || response.writableFinished) continue;
      response.destroy();
      response.emit("close");
    }
  }

  #answered(socket: Socket, response: ServerResponse): void {
    const underWay = this.#underWay.get(socket);
    underWay?.delete(response);
    if (underWay !== undefined && underWay.size > 0) return;
    this.#underWay.delete(socket);
    if (this.#closing) socket.destroySoon();
  }
}
