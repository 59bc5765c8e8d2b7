import type { Complain } from "./complaint.js";
import { messageOfError } from "./errno.js";
import { assertSocketPath, defaultSocketPath, isOddPath } from "./socket-path.js";

/** What the environment, and an option that overrules it, say. */
export interface Environment {
  readonly socketPath: string;
  readonly disabled: boolean;
  readonly debug: boolean;
  /** Which setting makes no sense; then the client is disabled. Otherwise empty. */
  readonly fault: string;
}

/** The values that mean "no" in a variable that is on or off. */
const off = ["", "0", "false"];

/**
 * Reads `KISSBOT_MONITOR_SOCKET`, `KISSBOT_MONITOR_DISABLED` and `KISSBOT_MONITOR_DEBUG`; an empty
 * or unreadable variable counts as absent. A `socketPath` option overrides the environment and is
 * checked elsewhere. Never throws: a typing error in a service file must not end the bot, so it
 * disables the client with a warning.
 */
export function readEnvironment(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  givenPath?: string,
): Environment {
  const read = (name: string): string => {
    try {
      return `${env[`KISSBOT_MONITOR_${name}`] ?? ""}`;
    } catch {
      // Deno gives leave for each variable.
      return "";
    }
  };
  const path = read("SOCKET");
  const no = read("DISABLED");
  const socketPath = givenPath ?? (path || defaultSocketPath(platform));
  let fault = "";
  if (![...off, "1", "true"].includes(no)) fault = "KISSBOT_MONITOR_DISABLED: expected 1 or 0";
  try {
    if (givenPath === undefined) {
      assertSocketPath(socketPath, platform);
      if (platform !== "win32" && (socketPath[0] !== "/" || isOddPath(socketPath))) {
        throw new TypeError(`expected an absolute path, got ${JSON.stringify(socketPath)}`);
      }
    }
  } catch (error) {
    fault = `KISSBOT_MONITOR_SOCKET: ${messageOfError(error)}`;
  }
  return {
    socketPath,
    debug: !off.includes(read("DEBUG")),
    disabled: fault !== "" || !off.includes(no),
    fault,
  };
}

/** Tells which setting disabled the client. */
export function disabledBy({ fault, socketPath }: Environment, complain: Complain): void {
  const path = fault.includes("SOCKET") ? socketPath : undefined;
  complain("KISSBOT_SETTING", `the monitor client is disabled: ${fault}`, { path });
}
