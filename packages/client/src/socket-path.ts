import { resolve } from "node:path";

/** The default path of the monitor's socket. */
export function defaultSocketPath(platform: NodeJS.Platform): string {
  return platform === "win32" ? "\\\\.\\pipe\\kissbot_monitor" : "/tmp/kissbot_monitor.sock";
}

/**
 * Throws TypeError or RangeError if no socket can have that path. The kernel's `sun_path` holds 107
 * bytes and a NUL, 103 on macOS; libuv would silently cut a longer one and connect to another
 * socket.
 */
export function assertSocketPath(path: unknown, platform: NodeJS.Platform): asserts path is string {
  if (typeof path !== "string") throw new TypeError(`socketPath: expected a string, got ${typeof path}`);
  const bytes = Buffer.byteLength(path);
  const most = platform === "win32" ? 256 : platform === "darwin" ? 103 : 107;
  if (bytes < 1 || bytes > most || path.includes("\0")) {
    throw new RangeError(`socketPath: expected 1 to ${most} bytes and no NUL, got ${bytes}`);
  }
}

/**
 * Whether what should be the path of a file looks like something else: a URL, `host:port`, in
 * quotes, with `~`, or with space around it.
 */
export function isOddPath(path: string): boolean {
  return /^[\s"'~@]|^[\w.-]+:|[\s"'/]$/.test(path);
}

/**
 * The absolute path, whatever directory the process changes to later; unchanged if no socket can
 * have that path.
 */
export function absolutePath(path: string, platform: NodeJS.Platform): string {
  if (platform === "win32") return path;
  try {
    const absolute = resolve(path);
    assertSocketPath(absolute, platform);
    return absolute;
  } catch {
    // The working directory is gone, or too deep.
    return path;
  }
}
