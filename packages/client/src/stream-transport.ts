import type { Socket } from "node:net";
import { codeOfError } from "./errno.js";
import { byteLength, later, outside } from "./runtime.js";
import type { Transport, TransportEvents, Written } from "./transport.js";

/**
 * One connection, written to through its socket: for Windows pipes and Deno, where there is no
 * direct way.
 *
 * | state | is left by |
 * | --- | --- |
 * | connecting | the socket's `connect`: open; an error: closed |
 * | open | `wait`: waiting; the peer or an error: closed |
 * | waiting, the timer runs | the timer or `stopWaiting`: open; the peer or an error: closed |
 * | closed | nothing; every call is ignored |
 *
 * A write that is not taken at once is pending: *waiting*, until its callback, told as `taken` and
 * `writable`, or until `stallMs` have passed, which ends the connection as `STALLED`. A pending
 * write cannot be taken back and keeps the process alive, so there is at most one, and it has that
 * deadline. That is the difference to `DescriptorTransport`: here a frozen monitor costs the
 * connection, and the chunk that was pending is lost.
 *
 * A write while it is connecting is pending until the connection is there. `close` then lets it go
 * out first, for at most `stallMs`. Apart from that neither the socket nor the timer keeps the
 * process alive.
 */
export class StreamTransport implements Transport {
  protected readonly socket: Socket;
  protected readonly events: TransportEvents;
  protected isClosed = false;
  readonly #stallMs: number;
  #isOpen = false;
  #stopTimer: (() => void) | undefined;

  /** Throws if the socket lacks a method, as a test's mock may: then there is no connection. */
  constructor(socket: Socket, events: TransportEvents, stallMs: number) {
    this.socket = socket;
    this.events = events;
    this.#stallMs = stallMs;
    let code = "END";
    socket.unref();
    // Only a socket that is read notices that its peer has closed. The monitor sends nothing; what
    // comes is thrown away.
    socket.resume();
    socket.on("connect", () => {
      this.#isOpen = true;
      if (!this.isClosed) events.opened();
    });
    socket.on("error", (error) => {
      code = codeOfError(error);
    });
    socket.on("end", () => this.fail("END"));
    socket.on("close", () => this.fail(code));
  }

  get writable(): boolean {
    return this.#isOpen && this.#stopTimer === undefined && !this.isClosed;
  }

  write(chunk: string | Uint8Array): Written {
    if (this.isClosed || this.#stopTimer !== undefined) return 0;
    const { socket } = this;
    let isPending = false;
    try {
      // As bytes: a string that is pending would keep alive whatever its names were cut out of.
      socket.write(Buffer.from(chunk as string), (error) => {
        if (!isPending || error || this.isClosed) return;
        this.#stopWaiting();
        this.events.taken();
        this.events.writable();
      });
    } catch {
      // A socket that a test made.
      return 0;
    }
    // It failed at once; the socket reports the reason a little later.
    if (socket.errored || socket.destroyed) return 0;
    // Zero means that the runtime could pass everything on at once; it calls back all the same, a
    // little later.
    if (socket.writableLength === 0) return byteLength(chunk);
    isPending = true;
    this.wait(this.#stallMs, () => this.fail("STALLED", false));
    return "pending";
  }

  close(): void {
    const goesOut = !this.isClosed && !this.#isOpen && this.#stopTimer !== undefined;
    this.isClosed = true;
    this.#stopWaiting();
    if (goesOut) later(() => this.close(), this.#stallMs);
    try {
      // Node opens `process.stderr` at its first destroy, and that lives on: it must not be in a
      // request.
      outside(() => (goesOut ? this.socket.ref().end() : this.socket.destroy()));
    } catch {
      // A socket that a test made.
    }
  }

  /** Not writable until the time is over. */
  protected wait(ms: number, onTimeout: () => void): void {
    this.#stopWaiting();
    this.#stopTimer = later(() => {
      this.#stopTimer = undefined;
      onTimeout();
    }, ms);
  }

  protected fail(code: string, byPeer = this.#isOpen): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.close();
    this.events.closed({ code, byPeer });
  }

  #stopWaiting(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}
