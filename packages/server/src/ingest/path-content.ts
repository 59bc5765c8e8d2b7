import type { BigIntStats } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { longestSocketPath } from "../config/socket-path.js";
import { plainText } from "../quoted-text.js";
import { codeOfError } from "./error-code.js";
import { socketSettings } from "./setting-names.js";
import { SocketError } from "./socket-error.js";

/** Throws `invalid_path` if no socket can have this path, whatever the file system holds. */
export function assertSocketPath(path: string, setting = socketSettings.path): void {
  const bytes = Buffer.byteLength(path);
  const most = longestSocketPath(process.platform);
  if (bytes < 1 || bytes > most || path.includes("\0")) {
    throw new SocketError(
      "invalid_path",
      `${setting}: expected a path of 1 to ${most} bytes, got ${bytes} bytes (${plainText(path.slice(0, 60))}…)`,
    );
  }
}

/** Throws if the socket's directory does not exist. */
export async function assertDirectory(path: string, setting = socketSettings.path): Promise<void> {
  const directory = dirname(path);
  const shown = plainText(directory);
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(directory)).isDirectory();
  } catch (error) {
    const code = codeOfError(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new SocketError(
        "invalid_path",
        `the directory ${shown} does not exist: create it, or choose another path with ${setting}`,
      );
    }
    throw new SocketError("cannot_bind", `the directory ${shown} cannot be entered (${code})`);
  }
  if (!isDirectory) {
    throw new SocketError("invalid_path", `${shown} is no directory: choose another path with ${setting}`);
  }
}

export type PathContent = "nothing" | "socket" | "something else";

/** What is at the path itself; a symbolic link is something else, wherever it leads. */
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
