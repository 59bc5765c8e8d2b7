import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { codeOfError } from "./errno.js";
import { SocketTransport } from "./socket-transport.js";

/** First and longest pause before a stalled peer is tried again. */
const firstPauseMs = 5;
const longestPauseMs = 160;

/**
 * A connection that is written to through its descriptor, which libuv has made non-blocking: a write takes what the
 * kernel has room for and returns. EAGAIN is a stall: *waiting*, for 5 ms, and twice as long each time that nothing moves,
 * up to 160 ms; then `writable` is told. Only the peer ends it: frozen is not dead.
 *
 * Why not `socket.write`: a write that is pending in libuv keeps the process alive even on an unref'd socket, so a
 * frozen monitor would keep a finished bot from exiting (test/exit.test.ts), and Node would buffer without bound.
 *
 * Why the descriptor is read from the handle before every write: a number kept from earlier may have been closed and
 * given out again, and the bytes would end up in one of the bot's own files (test/descriptor-transport.test.ts).
 *
 * Writing works while it is connecting, too: a Unix socket is connected when `connect` returns, and only the news of it
 * comes with the next turn of the event loop. The exit hook, after which there is no next turn, relies on that.
 */
export class DescriptorTransport extends SocketTransport {
  #pauseMs = firstPauseMs;

  write(chunk: string | Uint8Array): number {
    const descriptor = descriptorOf(this.socket);
    if (this.isClosed || descriptor === undefined) return 0;
    try {
      const taken = writeSync(descriptor, chunk as string);
      this.#pauseMs = firstPauseMs;
      return taken;
    } catch (error) {
      const code = codeOfError(error);
      if (code === "EAGAIN" || code === "ENOBUFS" || code === "EINTR") {
        this.wait(this.#pauseMs, () => this.events.writable());
        this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
      } else {
        // The socket may not have noticed yet that its peer is gone. The owner hears it when this call has returned.
        queueMicrotask(() => this.fail(code));
      }
      return 0;
    }
  }
}

/** The socket's descriptor at this moment; undefined where the platform has none or the socket has been closed. */
function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as unknown as { _handle?: { fd?: unknown } | null })._handle?.fd;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}
