import { DescriptorTransport, writesDirectly } from "./descriptor-transport.js";
import { codeOfError } from "./errno.js";
import { connect, existsSync, outside, soon } from "./runtime.js";
import { StreamTransport } from "./stream-transport.js";
import type { OpenTransport, Transport, TransportEvents } from "./transport.js";

/** It tells a number that its own `writeSync` does not know. */
const isDeno = "deno" in process.versions;

/** A pipe there is no file. */
const isWindows = process.platform === "win32";

/** What stands for a connection that could not even be begun. */
const unopened: Transport = { writable: false, write: () => 0, close: () => {} };

/**
 * Opens connections to that path, each with the best transport that its socket allows: the direct
 * one on Linux, macOS and Bun, the stream's on Windows and Deno. `stallMs` is how long a write may
 * be pending where it cannot be taken back.
 */
export function transportTo(socketPath: string, stallMs: number): OpenTransport {
  const open = (events: TransportEvents) =>
    outside(() => {
      let over = false;
      try {
        const socket = connect({ path: socketPath });
        const own = { ...events, closed: (closing) => over || events.closed(closing) } as typeof events;
        const direct = !isDeno && writesDirectly(socket);
        return new (direct ? DescriptorTransport : StreamTransport)(socket, own, stallMs);
      } catch (error) {
        // Node reports what connect(2) says through an event. What it throws by itself, or what is
        // missing in a socket that a test put in its place, must not reach the bot either.
        over = true;
        soon(() => events.closed({ code: codeOfError(error), byPeer: false }));
        return unopened;
      }
    });
  // A file that is not there is found missing in a hundredth of the time of an attempt.
  const wouldFail = (code: string) => code === "ENOENT" && isMissing(socketPath);
  return Object.assign(open, isWindows ? {} : { wouldFail });
}

function isMissing(path: string): boolean {
  try {
    return existsSync(path) === false;
  } catch {
    return false;
  }
}
