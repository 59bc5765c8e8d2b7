import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections of a server, to end them when it stops: those on which nothing is under way at once, the others when their answer is
 * complete. Node's own `closeIdleConnections` leaves those open that have never asked anything, and each would hold up the stop.
 */
export class OpenConnections {
  readonly #open = new Set<Socket>();
  /** How many answers are under way on each. */
  readonly #busy = new Map<Socket, number>();
  #closing = false;

  watch(server: Server): void {
    server.on("connection", (socket: Socket) => {
      if (this.#closing) socket.destroy();
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
    server.on("request", ({ socket }, response) => {
      this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1);
      response.once("close", () => this.#answered(socket));
    });
  }

  /** From now on nothing stays open without being needed. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#open) if (!this.#busy.has(socket)) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #answered(socket: Socket): void {
    const left = (this.#busy.get(socket) ?? 1) - 1;
    if (left > 0) {
      this.#busy.set(socket, left);
      return;
    }
    this.#busy.delete(socket);
    if (this.#closing) socket.destroySoon();
  }
}
