import type { Socket } from "node:net";
import { codeOfError } from "./errno.js";
import { soon, writeSync } from "./runtime.js";
import { StreamTransport } from "./stream-transport.js";
import type { Written } from "./transport.js";

/** First and longest pause before a stalled peer is tried again. */
const firstPauseMs = 5;
const longestPauseMs = 160;

/**
 * A connection that is written to through its descriptor, which libuv has made non-blocking: a
 * write takes what the kernel has room for and returns. EAGAIN is a stall: *waiting*, for 5 ms, and
 * twice as long each time that nothing moves, up to 160 ms; then `writable` is told. Only the peer
 * ends the connection: frozen is not dead.
 *
 * Why not `socket.write`: a write that is pending in libuv keeps the process alive even on an
 * unref'd socket, so a frozen monitor would keep a finished bot from exiting (test/exit.test.ts),
 * and Node would buffer without bound. It is the last resort where `writeSync` itself fails,
 * because a test has put a file system of its own below it (mock-fs).
 *
 * Why the descriptor is read from the handle before every write: a number kept from earlier may
 * have been closed and given out again, and the bytes would end up in one of the bot's own files
 * (test/descriptor-transport.test.ts).
 *
 * Writing works while it is connecting, too: a Unix socket is connected when `connect` returns, and
 * only the news of it comes with the next turn of the event loop. The exit hook, after which there
 * is no next turn, relies on that.
 */
export class DescriptorTransport extends StreamTransport {
  #pauseMs = firstPauseMs;

  override write(chunk: string | Uint8Array): Written {
    if (this.isClosed) return 0;
    const handle = handleOf(this.socket);
    const { fd } = handle;
    if (!isDirect(handle, fd)) return 0;
    let code = "EAGAIN";
    try {
      const taken = fd === undefined ? (handle.write?.(chunk) ?? 0) : writeSync(fd, chunk as string);
      if (taken > 0) {
        this.#pauseMs = firstPauseMs;
        return taken;
      }
      // Anything but a number is a mock's answer.
      if (taken !== 0) code = "EIO";
    } catch (error) {
      code = codeOfError(error);
    }
    if (code === "EAGAIN" || code === "ENOBUFS" || code === "EINTR") {
      this.wait(this.#pauseMs, () => this.events.writable());
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    } else if (code === "EPIPE" || code === "ECONNRESET") {
      // The socket may not have noticed yet that its peer is gone. The owner hears it when this
      // call has returned.
      soon(() => this.fail(code));
    } else return super.write(chunk);
    return 0;
  }
}

/** What a socket has below it: a descriptor, or in Bun before 1.4 a way to write at once. */
interface Handle {
  readonly fd?: number;
  write?(chunk: string | Uint8Array): number;
}

/** Whether bytes can be handed to the kernel now, without the socket's own queue. */
export function writesDirectly(socket: Socket): boolean {
  const handle = handleOf(socket);
  return isDirect(handle, handle.fd);
}

/** The descriptor comes beside its handle, as it is a question to the runtime. */
function isDirect(handle: Handle, fd: number | undefined): boolean {
  return fd === undefined ? typeof handle.write === "function" : fd >= 0;
}

/** The socket's present handle; empty if it is closed. */
function handleOf(socket: Socket): Handle {
  return (socket as unknown as { _handle?: Handle | null })._handle ?? {};
}
