import { messageOfError } from "./errno.js";
import { assertSocketPath, defaultSocketPath } from "./socket-path.js";

/** What the environment, and an option that overrules it, say. */
export interface Environment {
  readonly socketPath: string;
  readonly disabled: boolean;
  readonly debug: boolean;
  /** Which setting makes no sense; then the client is disabled. Otherwise empty. */
  readonly fault: string;
}

/** What stands for "no" in a variable that is on or off. */
const off = ["", "0", "false"];

/**
 * Reads `KISSBOT_MONITOR_SOCKET`, `KISSBOT_MONITOR_DISABLED` and `KISSBOT_MONITOR_DEBUG`; an empty one counts as absent. A
 * `socketPath` that the programmer gave comes before the environment's and is judged elsewhere. Never throws: a typing
 * error in a service file must not end the bot, so it disables the client and is told.
 */
export function readEnvironment(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  givenPath?: string,
): Environment {
  const {
    KISSBOT_MONITOR_SOCKET: path,
    KISSBOT_MONITOR_DISABLED: no = "",
    KISSBOT_MONITOR_DEBUG: debug = "",
  } = env;
  const socketPath = givenPath ?? (path || defaultSocketPath(platform));
  let fault = "";
  if (![...off, "1", "true"].includes(no)) fault = "KISSBOT_MONITOR_DISABLED: expected 1 or 0";
  try {
    if (givenPath === undefined) assertSocketPath(socketPath, platform);
  } catch (error) {
    fault = `KISSBOT_MONITOR_SOCKET: ${messageOfError(error)}`;
  }
  return { socketPath, debug: !off.includes(debug), disabled: fault !== "" || !off.includes(no), fault };
}
