import { type FileLock, takeFileLock } from "../file-lock.js";
import { socketSettings } from "./setting-names.js";
import { monitorRuns } from "./socket-error.js";

/**
 * Held by the one monitor that may listen on a path: a locked file beside the socket. The kernel
 * gives it back when the process ends, however it ends, so it is never stale and nothing has to be
 * judged. It has mode 0600, so no other user of the machine can hold it against us; and where one
 * has put a file of that name into a folder that everybody may write, it counts for nothing. Every
 * process that sees the folder sees the lock, in other containers too.
 *
 * On Windows none is needed, as the system gives a pipe's name to one server only.
 */
export interface SocketLock {
  /**
   * Why nothing is locked: then only the connect that finds a live monitor keeps a second one away.
   */
  readonly weakness: string | null;
  release(): void;
}

/** Throws `in_use`, with the pid of the holder if known. */
export function takeSocketLock(path: string, setting = socketSettings.path): SocketLock {
  if (process.platform === "win32") return lockOf(null, null);
  const outcome = takeFileLock(`${path}.lock`);
  if (outcome.kind === "held") throw monitorRuns(path, outcome.pid, setting);
  return outcome.kind === "taken" ? lockOf(outcome.lock, null) : lockOf(null, outcome.reason);
}

function lockOf(lock: FileLock | null, weakness: string | null): SocketLock {
  return { weakness, release: () => lock?.release() };
}
