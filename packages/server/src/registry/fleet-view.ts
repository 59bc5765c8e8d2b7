import type { Bot, BotStatus } from "./bot.js";

/** The read side of the registry, for HTTP, metrics, the live feed and the sampler. */
export interface FleetView {
  readonly size: number;
  get(channel: string): Bot | undefined;
  /** In the order in which the channels were first heard. */
  bots(): IterableIterator<Bot>;
  /**
   * How many bots the process has whose bot this is: those that are online, and stale ones that a
   * probe measures. They have the same CPU and memory. 1 for a bot that has its process for itself,
   * and for a channel that is unknown.
   */
  botsOfProcess(channel: string): number;
  counts(): Readonly<Record<BotStatus, number>>;
  /**
   * How long ago the bot was last heard, in seconds, on a clock that never steps; null for one not
   * heard since the monitor's start.
   */
  heartbeatAgeS(bot: Bot): number | null;
}
