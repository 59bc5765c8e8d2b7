import { encode } from "@kissbot/protocol";
import type { Diagnostics } from "./diagnostics.js";
import { messageOfError } from "./errno.js";
import { longestDelayMs } from "./heartbeat-timer.js";
import type { Logger } from "./logger.js";

export interface MonitorClientOptions {
  /** Where the monitor listens. Default: `KISSBOT_MONITOR_SOCKET`, else `/tmp/kissbot_monitor.sock`. */
  readonly socketPath?: string | undefined;
  /** The version of the bot, shown beside it. */
  readonly version?: string | undefined;
  /** How long a promise may wait for the first attempt to connect. Default 2 000. */
  readonly timeoutMs?: number | undefined;
  /** How many usage and metric lines wait at most; then the oldest is dropped. Default 1 024. */
  readonly maxBufferedLines?: number | undefined;
  /** How many bytes of usage and metric lines wait at most; the newest line is kept whatever its size. Default 262 144. */
  readonly maxBufferedBytes?: number | undefined;
  /** Told each change of state, once. Default: nobody, or the console where `KISSBOT_MONITOR_DEBUG=1`. */
  readonly logger?: Logger | undefined;
}

/** What stands under that name in the options; undefined where it cannot be read, as with a getter that throws. */
export function optionFrom<K extends keyof MonitorClientOptions>(
  options: MonitorClientOptions | null | undefined,
  name: K,
): MonitorClientOptions[K] {
  try {
    return options?.[name];
  } catch {
    // A bot must not fail over it.
    return undefined;
  }
}

/**
 * The number of that name in the options, if it lies from `least` to what a timer knows. Absent, it is `otherwise`; what is
 * anything else, or cannot be read, becomes that too, with a complaint: a bot must not fail over it.
 */
export function numberFrom(
  options: object | undefined,
  name: string,
  least: number,
  otherwise: number,
  diagnostics: Diagnostics,
): number {
  let value: unknown = null;
  try {
    value = (options as Record<string, unknown> | undefined)?.[name];
  } catch {
    // A getter of the caller's own: no number.
  }
  if (value === undefined) return otherwise;
  if (typeof value === "number" && value >= least) return Math.min(value, longestDelayMs);
  diagnostics.complain(`${name}: expected a number, at least ${least}; it is ${otherwise} now`);
  return otherwise;
}

/** The bot's version; one that no line can carry is left out, with a complaint. */
export function versionFrom(version: string | undefined, diagnostics: Diagnostics): string | undefined {
  try {
    encode({ type: "register", channel: "x", pid: 1, version } as Parameters<typeof encode>[0]);
    return version;
  } catch (error) {
    diagnostics.complain(messageOfError(error));
    return undefined;
  }
}
