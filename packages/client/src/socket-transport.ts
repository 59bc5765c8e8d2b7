import type { Socket } from "node:net";
import { codeOfError } from "./errno.js";
import { later, outside } from "./runtime.js";
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
  protected isOpen = false;
  protected isClosed = false;
  #stopTimer: (() => void) | undefined;

  /** Throws where the socket lacks a method, as one that a test made may: then there is no connection. */
  constructor(socket: Socket, events: TransportEvents) {
    this.socket = socket;
    this.events = events;
    let code = "END";
    socket.unref();
    // Only a socket that is read notices that its peer has closed. The monitor sends nothing; what
    // comes is thrown away.
    socket.resume();
    socket.on("connect", () => {
      this.isOpen = true;
      if (!this.isClosed) events.opened();
    });
    socket.on("error", (error) => {
      code = codeOfError(error);
    });
    socket.on("end", () => this.fail("END"));
    socket.on("close", () => this.fail(code));
  }

  get writable(): boolean {
    return this.isOpen && !this.isWaiting && !this.isClosed;
  }

  protected get isWaiting(): boolean {
    return this.#stopTimer !== undefined;
  }

  abstract write(chunk: string | Uint8Array): Written;

  close(): void {
    this.isClosed = true;
    this.stopWaiting();
    try {
      // Node opens `process.stderr` at its first destroy, and that lives on.
      outside(() => this.socket.destroy());
    } catch {
      // A socket that a test made.
    }
  }

  /** Not writable until the time is over or `stopWaiting` is called. */
  protected wait(ms: number, onTimeout: () => void): void {
    this.stopWaiting();
    this.#stopTimer = later(() => {
      this.#stopTimer = undefined;
      onTimeout();
    }, ms);
  }

  protected stopWaiting(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  protected fail(code: string, byPeer = this.isOpen): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.close();
    const closing: Closing = { code, byPeer };
    this.events.closed(closing);
  }
}
