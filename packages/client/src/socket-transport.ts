import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import { codeOfError } from "./errno.js";
import type { Closing, Transport, TransportEvents, Written } from "./transport.js";

/**
 * One connection: what both ways of writing have in common.
 *
 * | state | is left by |
 * | --- | --- |
 * | connecting | the socket's `connect`: open; an error: closed |
 * | open | `wait`: waiting; the peer or an error: closed |
 * | waiting, the timer runs | what the subclass says; the peer or an error: closed |
 * | closed | nothing; every call is ignored |
 *
 * Neither the socket nor the timer keeps the process alive.
 */
export abstract class SocketTransport implements Transport {
  protected readonly socket: Socket;
  protected readonly events: TransportEvents;
  protected isClosed = false;
  #isOpen = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, events: TransportEvents) {
    this.socket = socket;
    this.events = events;
    let code = "END";
    socket.unref();
    socket.on("connect", () => {
      this.#isOpen = true;
      events.opened();
    });
    socket.on("error", (error) => {
      code = codeOfError(error);
    });
    socket.on("end", () => this.fail("END"));
    socket.on("close", () => this.fail(code));
    // Only a socket that is read notices that its peer has closed. The monitor sends nothing; what comes is thrown away.
    socket.resume();
  }

  get writable(): boolean {
    return this.#isOpen && this.#timer === undefined && !this.isClosed;
  }

  abstract write(chunk: string | Uint8Array): Written;

  close(): void {
    this.isClosed = true;
    this.stopWaiting();
    this.socket.destroy();
  }

  /** Not writable until the time is over or `stopWaiting` is called. */
  protected wait(ms: number, onTimeout: () => void): void {
    this.stopWaiting();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      onTimeout();
    }, ms);
    this.#timer.unref();
  }

  protected stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  protected fail(code: string, byPeer = this.#isOpen): void {
    if (this.isClosed) return;
    this.close();
    const closing: Closing = { code, byPeer };
    this.events.closed(closing);
  }
}
