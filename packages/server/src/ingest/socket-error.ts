import { plainText } from "../quoted-text.js";
import { socketSettings } from "./setting-names.js";

/**
 * `in_use`: another monitor is there. `invalid_path`: no socket can be there, or something else is.
 * `unknown_group`, `unknown_user`: there is no such account. `cannot_bind`: the system refuses.
 */
export type SocketErrorCode = "in_use" | "cannot_bind" | "invalid_path" | "unknown_group" | "unknown_user";

/**
 * Why the monitor cannot listen. The message is for people: it names the path and the setting that
 * helps.
 */
export class SocketError extends Error {
  override readonly name = "SocketError";
  readonly code: SocketErrorCode;
  /** The other monitor's process, if known. */
  readonly pid: number | null;

  constructor(code: SocketErrorCode, message: string, pid: number | null = null) {
    super(message);
    this.code = code;
    this.pid = pid;
  }
}

/** Another monitor holds the path. */
export function monitorRuns(path: string, pid: number | null, setting = socketSettings.path): SocketError {
  const who = pid === null ? "another monitor" : `another monitor (pid ${pid})`;
  return new SocketError(
    "in_use",
    `${who} runs on ${plainText(path)}: stop it, or give this one a path of its own with ${setting}`,
    pid,
  );
}
