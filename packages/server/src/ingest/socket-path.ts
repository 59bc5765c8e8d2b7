import type { BigIntStats } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOfError } from "./error-code.js";
import { printableText } from "./printable-text.js";
import { SocketError } from "./socket-error.js";

/**
 * `sun_path` holds that many bytes and a NUL; libuv would refuse a longer one or, in some versions,
 * cut it short in silence.
 */
function mostPathBytes(platform: NodeJS.Platform): number {
  if (platform === "win32") return 256;
  return platform === "darwin" ? 103 : 107;
}

/** Throws `invalid_path` where no socket can have this path, whatever the file system holds. */
export function assertSocketPath(path: string, platform: NodeJS.Platform = process.platform): void {
  const bytes = Buffer.byteLength(path);
  const most = mostPathBytes(platform);
  if (bytes < 1 || bytes > most || path.includes("\0")) {
    throw new SocketError(
      "invalid_path",
      `--socket: expected a path of 1 to ${most} bytes, got ${bytes} bytes (${printableText(path.slice(0, 60))}…)`,
    );
  }
}

/** Throws where there is no directory for the socket. */
export async function assertDirectory(path: string): Promise<void> {
  const directory = dirname(path);
  const shown = printableText(directory);
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(directory)).isDirectory();
  } catch (error) {
    const code = codeOfError(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new SocketError(
        "invalid_path",
        `the directory ${shown} does not exist: create it, or choose another path with --socket`,
      );
    }
    throw new SocketError("cannot_bind", `the directory ${shown} cannot be entered (${code})`);
  }
  if (!isDirectory) {
    throw new SocketError("invalid_path", `${shown} is no directory: choose another path with --socket`);
  }
}

export type PathContent = "nothing" | "socket" | "something else";

/** What stands at the path itself; a symbolic link is something else, wherever it leads. */
export async function contentOfPath(path: string): Promise<PathContent> {
  const stats = await statOfPath(path);
  if (stats === null) return "nothing";
  return stats.isSocket() ? "socket" : "something else";
}

/** Of the path itself, not of what a symbolic link leads to; null where nothing is there. */
export async function statOfPath(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (codeOfError(error) === "ENOENT" || codeOfError(error) === "ENOTDIR") return null;
    throw error;
  }
}
