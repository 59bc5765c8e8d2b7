import { fstatSync } from "node:fs";
import { SocketError } from "./socket-error.js";
import { listeningSockets } from "./socket-table.js";

/**
 * The path of a listening Unix stream socket that was handed down as a descriptor, null where /proc
 * does not tell. Throws `cannot_bind` for anything else, above all for a TCP socket: whoever
 * reaches it could report.
 */
export async function pathOfInherited(fd: number): Promise<string | null> {
  const stats = statsOf(fd);
  if (stats === null || !stats.isSocket()) {
    throw new SocketError("cannot_bind", `socket activation: descriptor ${fd} is no socket`);
  }
  const sockets = await listeningSockets();
  if (sockets === null) return null;
  const socket = sockets.find(({ inode }) => inode === stats.ino);
  if (socket === undefined) {
    throw new SocketError(
      "cannot_bind",
      `socket activation: descriptor ${fd} is no listening Unix stream socket: give the socket unit a path in ListenStream=`,
    );
  }
  return socket.name.startsWith("/") ? socket.name : null;
}

function statsOf(fd: number): ReturnType<typeof fstatSync> | null {
  try {
    return fstatSync(fd);
  } catch {
    // Nothing was handed down under that number.
    return null;
  }
}
