import { createConnection } from "node:net";
import { CommandError } from "./command-error.js";

const timeoutMs = 5_000;

/**
 * Writes text to a monitor's socket and closes; the monitor never answers. Rejects with a
 * `CommandError` that says what to do.
 */
export function writeToMonitor(socketPath: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const fail = (error: Error) => {
      socket.destroy();
      reject(new CommandError(`Not sent: ${reasonOf(error, socketPath)}`));
    };
    socket.setTimeout(timeoutMs, () => fail(new Error(`${socketPath} does not take it within 5 s`)));
    socket.on("error", fail);
    // Closed in both directions: all of it was handed over.
    socket.on("close", (hadError) => {
      if (!hadError) resolve();
    });
    socket.on("connect", () => socket.end(text));
    socket.resume();
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException, socketPath: string): string {
  const elsewhere = "start one with kissbot-monitor start, or name its socket with --socket";
  switch (code) {
    case "ENOENT":
      return `there is no socket ${socketPath}; ${elsewhere}`;
    case "ECONNREFUSED":
      return `no monitor listens on ${socketPath} (the file was left behind); ${elsewhere}`;
    case "EACCES":
    case "EPERM":
      return `this user may not connect to ${socketPath}; kissbot-monitor doctor shows who may`;
    case "ENOTSOCK":
      return `${socketPath} is no socket; name the monitor's with --socket`;
    default:
      return message;
  }
}
