import { copyOf } from "./runtime.js";

/** One bot as the monitor sees it: a process that speaks for a channel. */
export interface Bot {
  /** Tells this bot from every other one at the same socket. */
  readonly key: string;
  readonly channel: string;
  readonly pid: number;
}

/** No channel is longer, in UTF-16 units. */
const longestChannel = 256;

/**
 * The bot of these arguments. They need not be valid: a bot that no line can carry has no key.
 * Never throws.
 */
export function botOf(channel: string, pid: number): Bot {
  if (typeof channel !== "string" || channel.length > longestChannel || typeof pid !== "number")
    return { key: "", channel, pid };
  // A string that was cut out of a longer one keeps that one in memory, and bots are remembered for
  // long.
  const own = copyOf(channel);
  return { key: `${pid} ${own}`, channel: own, pid };
}
