import { resolve } from "node:path";
import type { Surroundings } from "./setting.js";

const pipePrefix = "\\\\.\\pipe\\";

/** Where bots look for a monitor if nobody says otherwise; the client has the same. */
export function defaultSocketPath({ platform }: Pick<Surroundings, "platform">): string {
  return platform === "win32" ? `${pipePrefix}kissbot_monitor` : "/tmp/kissbot_monitor.sock";
}

/**
 * How many bytes a path may have. The kernel's `sun_path` holds 107 and a NUL, 103 on macOS; libuv
 * refuses a longer one or, in some versions, cuts it short in silence. The client has the same
 * bound.
 */
export function longestSocketPath(platform: NodeJS.Platform): number {
  return platform === "win32" ? 256 : platform === "darwin" ? 103 : 107;
}

/**
 * The absolute path of a socket, or on Windows a pipe's name; undefined where no socket can have
 * it.
 */
export function socketPathFrom(
  text: string,
  { platform, workingDirectory }: Surroundings,
): string | undefined {
  if (text === "" || text.includes("\0") || text.endsWith("/")) return undefined;
  if (platform === "win32") {
    return text.startsWith(pipePrefix) && text.length <= longestSocketPath(platform) ? text : undefined;
  }
  // No shell has expanded it, and a folder of that name is hardly meant.
  if (text.startsWith("~")) return undefined;
  const path = resolve(workingDirectory, text);
  return Buffer.byteLength(path) <= longestSocketPath(platform) ? path : undefined;
}

/**
 * The socket over which the commands of this machine change something: beside the one that bots
 * connect to, on Windows a pipe.
 */
export function controlPathOf(socketPath: string): string {
  return `${socketPath}.control`;
}

/**
 * What is wrong with the path of a monitor that is to be started; null: there is room for both of
 * its sockets.
 */
export function roomProblem(socketPath: string, platform: NodeJS.Platform): string | null {
  const bytes = Buffer.byteLength(controlPathOf(socketPath));
  const most = longestSocketPath(platform);
  if (bytes <= most) return null;
  const least = most - (bytes - Buffer.byteLength(socketPath));
  return `expected a path of at most ${least} bytes, as the control socket beside it is called ${controlPathOf("PATH")}; this one has ${Buffer.byteLength(socketPath)}`;
}
