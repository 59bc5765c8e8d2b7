import { connect, type Socket } from "node:net";
import { DescriptorTransport } from "./descriptor-transport.js";
import { codeOfError } from "./errno.js";
import { StreamTransport } from "./stream-transport.js";
import type { OpenTransport, Transport } from "./transport.js";

/** What stands for a connection that could not even be begun. */
const unopened: Transport = { writable: false, write: () => 0, close: () => {} };

/**
 * Opens connections to that path, each with the transport that this platform can have: the descriptor's wherever there is
 * one, the stream's on Windows, Bun and Deno. `stallMs` is how long the latter lets a write be pending.
 */
export function transportTo(socketPath: string, stallMs: number): OpenTransport {
  return (events) => {
    let socket: Socket;
    try {
      socket = connect({ path: socketPath });
    } catch (error) {
      // Node reports what connect(2) says through an event; what it throws by itself must not reach the bot either.
      queueMicrotask(() => events.closed({ code: codeOfError(error), byPeer: false }));
      return unopened;
    }
    return hasDescriptors()
      ? new DescriptorTransport(socket, events)
      : new StreamTransport(socket, events, stallMs);
  };
}

function hasDescriptors(): boolean {
  const { bun, deno } = process.versions as { bun?: string; deno?: string };
  return process.platform !== "win32" && bun === undefined && deno === undefined;
}
