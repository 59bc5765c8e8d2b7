import type { Socket } from "node:net";
import { byteLength, later, outside } from "./runtime.js";
import { SocketTransport } from "./socket-transport.js";
import type { TransportEvents, Written } from "./transport.js";

/**
 * A connection that is written to through the socket: for Windows pipes and Deno, where there is no
 * direct way.
 *
 * A write that is not taken at once is pending: *waiting*, until its callback, told as `taken` and
 * `writable`, or until `stallMs` have passed, which ends the connection as `STALLED`. A pending write
 * cannot be taken back and keeps the process alive, so there is at most one, and it has that deadline.
 * That is the difference to `DescriptorTransport`: here a frozen monitor costs the connection, and the
 * chunk that was pending is lost.
 *
 * A write while it is connecting is pending until the connection is there. `close` then lets it go out
 * first, for at most `stallMs`.
 */
export class StreamTransport extends SocketTransport {
  readonly #stallMs: number;

  constructor(socket: Socket, events: TransportEvents, stallMs: number) {
    super(socket, events);
    this.#stallMs = stallMs;
  }

  write(chunk: string | Uint8Array): Written {
    if (this.isClosed || this.isWaiting) return 0;
    const { socket } = this;
    let isPending = false;
    try {
      // As bytes: a string that is pending would keep alive whatever its names were cut out of.
      socket.write(Buffer.from(chunk as string), (error) => {
        if (!isPending || error || this.isClosed) return;
        this.stopWaiting();
        this.events.taken();
        this.events.writable();
      });
    } catch {
      // A socket that a test made.
      return 0;
    }
    // It failed at once; the socket tells why, a little later.
    if (socket.errored || socket.destroyed) return 0;
    // Zero means that the runtime could pass everything on at once; it calls back all the same, a little later.
    if (socket.writableLength === 0) return byteLength(chunk);
    isPending = true;
    this.wait(this.#stallMs, () => this.fail("STALLED", false));
    return "pending";
  }

  override close(): void {
    if (this.isClosed || this.isOpen || !this.isWaiting) {
      super.close();
      return;
    }
    this.isClosed = true;
    this.stopWaiting();
    later(() => super.close(), this.#stallMs);
    try {
      outside(() => this.socket.ref().end());
    } catch {
      // A socket that a test made.
    }
  }
}
