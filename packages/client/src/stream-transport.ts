import type { Socket } from "node:net";
import { SocketTransport } from "./socket-transport.js";
import type { TransportEvents, Written } from "./transport.js";

/**
 * A connection that is written to through the socket: for Windows pipes, Bun and Deno, where there is no descriptor.
 *
 * A write that is not taken at once is pending: *waiting*, until its callback, told as `taken` and `writable`, or until
 * `stallMs` have passed, which ends the connection as `STALLED`. A pending write cannot be taken back and keeps the process
 * alive, so there is at most one, and it has that deadline. That is the difference to `DescriptorTransport`: here a frozen
 * monitor costs the connection, and the chunk that was pending is lost.
 */
export class StreamTransport extends SocketTransport {
  readonly #stallMs: number;

  constructor(socket: Socket, events: TransportEvents, stallMs: number) {
    super(socket, events);
    this.#stallMs = stallMs;
  }

  write(chunk: string | Uint8Array): Written {
    if (!this.writable) return 0;
    let isPending = false;
    this.socket.write(chunk, (error) => {
      if (!isPending || error || this.isClosed) return;
      this.stopWaiting();
      this.events.taken();
      this.events.writable();
    });
    // Zero means that the runtime could pass everything on at once; it calls back all the same, a little later.
    if (this.socket.writableLength === 0) return Buffer.byteLength(chunk);
    isPending = true;
    this.wait(this.#stallMs, () => this.fail("STALLED", false));
    return "pending";
  }
}
