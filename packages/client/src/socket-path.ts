/** Where the monitor listens if nobody says otherwise. */
export function defaultSocketPath(platform: NodeJS.Platform): string {
  return platform === "win32" ? "\\\\.\\pipe\\kissbot_monitor" : "/tmp/kissbot_monitor.sock";
}

/**
 * Throws TypeError or RangeError where no socket can have that path. The kernel's `sun_path` holds 107 bytes and a NUL, 103
 * on macOS; libuv would cut a longer one short in silence and connect to another socket.
 */
export function assertSocketPath(path: unknown, platform: NodeJS.Platform): asserts path is string {
  if (typeof path !== "string") throw new TypeError(`socketPath: expected a string, got ${typeof path}`);
  const bytes = Buffer.byteLength(path);
  const most = platform === "win32" ? 256 : platform === "darwin" ? 103 : 107;
  if (bytes < 1 || bytes > most || path.includes("\0")) {
    throw new RangeError(`socketPath: expected 1 to ${most} bytes and no NUL, got ${bytes}`);
  }
}
