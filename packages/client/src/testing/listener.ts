import { createServer, type Server, type Socket } from "node:net";
import type { Place } from "./place.js";

/** What listens now, to be cleaned up where a process ends without a `stop`. */
const listening = new Set<Listener>();
let isHooked = false;

/**
 * Listens on a Unix socket or pipe. States: *stopped*; *listening*, from `start` to `stop`, which
 * may be repeated. `stop` ends the connections at once. Neither the socket's file nor its folder
 * outlives `stop` or the process.
 */
export class Listener {
  readonly connections = new Set<Socket>();
  readonly #place: Place;
  readonly #server: Server;
  #lastStep: Promise<void> = Promise.resolve();

  constructor(place: Place, options: { pauseOnConnect: boolean }, onConnection: (socket: Socket) => void) {
    this.#place = place;
    this.#server = createServer(options, (socket) => {
      this.connections.add(socket);
      // A client may go at any time; its end is told by `close`.
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.connections.delete(socket));
      onConnection(socket);
    });
    // A connection that could not be accepted is the client's concern. What fails in `start`
    // rejects its promise.
    this.#server.on("error", () => {});
  }

  /** Rejects where the path is taken, or where its folder cannot be made. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#listen());
  }

  disconnect(): void {
    for (const socket of this.connections) socket.destroy();
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  /** Stops, and removes the folder with whatever anybody else put into it. */
  async remove(): Promise<void> {
    await this.stop();
    this.#place.remove();
  }

  /** For the end of the process: what can be done without waiting. */
  abandon(): void {
    this.#server.close();
    this.#place.remove();
  }

  /**
   * A step begins when the one before is over, so that a `start` right behind a `stop` finds the
   * path free.
   */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#lastStep.then(step);
    this.#lastStep = turn.catch(() => {});
    return turn;
  }

  async #listen(): Promise<void> {
    if (this.#server.listening) return;
    this.#place.make();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once("error", reject);
        this.#server.listen(this.#place.socketPath, () => {
          this.#server.off("error", reject);
          resolve();
        });
      });
    } catch (error) {
      this.#place.leave();
      throw error;
    }
    listening.add(this);
    if (!isHooked) process.on("exit", abandonAll);
    isHooked = true;
  }

  async #close(): Promise<void> {
    if (!this.#server.listening) return;
    listening.delete(this);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.disconnect();
    });
    this.#place.leave();
  }
}

function abandonAll(): void {
  for (const listener of listening) listener.abandon();
}
