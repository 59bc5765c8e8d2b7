import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";

/** How many requests of a connection may wait; browsers and `fetch` have none that waits. */
const mostWaiting = 32;
const logIntervalMs = 60_000;

export interface RequestOrderOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Pick<Logger, "warn">;
}

/**
 * Lets the requests of one connection be answered one at a time, in the order in which they came:
 * HTTP/1.1 sends their answers in that order anyway. A caller may send requests without waiting
 * for their answers, and Node takes them without bound. So the bound on connections bounds what is
 * under way in all. A connection on which too many wait is closed.
 */
export class RequestOrder {
  readonly #options: RequestOrderOptions;
  /** Those that wait on each connection on which an answer is under way. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(options: RequestOrderOptions) {
    this.#options = options;
  }

  /** Resolves when the request may be answered: with false if nobody is there any more. */
  async isNext({ socket }: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (socket.destroyed) return false;
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      this.#waiting.set(socket, []);
    } else if (waiting.length >= mostWaiting) {
      this.#close(socket);
      return false;
    } else {
      await new Promise<void>((resolve) => waiting.push(resolve));
      // The answer before it may have closed the connection: this one could not be sent.
      if (socket.destroyed || !socket.writable) return false;
    }
    response.once("close", () => this.#answered(socket));
    return true;
  }

  #answered(socket: Socket): void {
    const waiting = this.#waiting.get(socket) ?? [];
    const released = waiting.splice(0, socket.destroyed ? waiting.length : 1);
    if (released.length === 0 || socket.destroyed) this.#waiting.delete(socket);
    for (const release of released) release();
  }

  #close(socket: Socket): void {
    // The address of one that is closed is unknown.
    const { remoteAddress = null } = socket;
    socket.destroy();
    const { clock, logger } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#loggedMs < logIntervalMs) return;
    this.#loggedMs = nowMs;
    logger.warn(
      { address: remoteAddress },
      `closed an HTTP connection: more than ${mostWaiting} requests waited on it for their turn`,
    );
  }
}
