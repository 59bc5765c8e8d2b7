import { messageOfRefusal } from "@kissbot/protocol";
import { checkKeys, suspectSeconds } from "./argument.js";
import { type Complain, callerOr } from "./complaint.js";
import { refusalOf } from "./flags.js";
import { longestDelayMs } from "./heartbeat-timer.js";
import type { LastWordsOption } from "./last-words.js";
import type { Logger } from "./logger.js";
import { ownOf, plain } from "./report.js";

export interface MonitorClientOptions {
  /**
   * Where the monitor listens; a relative path is resolved once, by the constructor. Default:
   * `KISSBOT_MONITOR_SOCKET`, else `/tmp/kissbot_monitor.sock`.
   */
  readonly socketPath?: string | undefined;
  /** The version of the bot, shown beside it. */
  readonly version?: string | undefined;
  /** How long a promise may wait for the first attempt to connect. Default 2 000. */
  readonly timeoutMs?: number | undefined;
  /** How many usage and metric lines wait at most; then the oldest is dropped. Default 1 024. */
  readonly maxBufferedLines?: number | undefined;
  /**
   * How many bytes of usage and metric lines wait at most; a line that is larger by itself is sent
   * at once or dropped. Default 262 144.
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * What is said of an end without a goodbye. Default `true`: exit code, class and code of the
   * uncaught exception, file and line. `"message"`: its message as well, which may hold a secret.
   * `false`: nothing.
   */
  readonly lastWords?: LastWordsOption;
  /** Gets each change of state once. Default: none, or stderr with `KISSBOT_MONITOR_DEBUG=1`. */
  readonly logger?: Logger | undefined;
}

/** The option of that name; undefined if it cannot be read, such as with a getter that throws. */
export function optionFrom<K extends keyof MonitorClientOptions>(
  options: MonitorClientOptions | null | undefined,
  name: K,
): MonitorClientOptions[K] {
  try {
    return ownOf(options, name in plain)?.[name];
  } catch {
    // A bot must not fail over it.
    return undefined;
  }
}

/** What `MonitorClientOptions` knows. */
export const optionNames: readonly (keyof MonitorClientOptions)[] = [
  "socketPath",
  "version",
  "timeoutMs",
  "maxBufferedLines",
  "maxBufferedBytes",
  "lastWords",
  "logger",
];

/**
 * The number of that name in the options of a method with those names, from `least` to a timer's
 * maximum. `otherwise` if absent; also for any other or unreadable value, with a warning: a bot
 * must not fail over it.
 */
export function numberFrom(
  method: string,
  options: object | undefined,
  name: string,
  least: number,
  otherwise: number,
  complain: Complain,
  known: readonly string[] = [name],
): number {
  checkKeys(method, options, known, complain);
  let value: unknown = null;
  try {
    value = (ownOf(options, name in plain) as Record<string, unknown> | undefined)?.[name];
  } catch {
    // A getter of the caller's own: no number.
  }
  if (value === undefined) return otherwise;
  if (typeof value === "number" && value >= least) {
    suspectSeconds(method, name, value, complain);
    return Math.min(value, longestDelayMs);
  }
  complain(
    "KISSBOT_INVALID_ARGUMENT",
    `${callerOr(method)}: ${name}: expected a number of at least ${least}; using ${otherwise}`,
  );
  return otherwise;
}

/** The setting for an end without a goodbye; an invalid one becomes true, with a warning. */
export function lastWordsFrom(given: unknown, complain: Complain): LastWordsOption {
  if (given === false || given === "message") return given;
  if (given != null && given !== true)
    complain(
      "KISSBOT_INVALID_ARGUMENT",
      'MonitorClient: lastWords: expected true, false or "message"; using true',
    );
  return true;
}

/** The bot's version; left out, with a warning, if no line can carry it. */
export function versionFrom(version: string | undefined, complain: Complain): string | undefined {
  const refusal = refusalOf({}, version);
  if (refusal === undefined) return version;
  complain("KISSBOT_INVALID_ARGUMENT", `MonitorClient: ${messageOfRefusal(refusal)}`);
  return undefined;
}
