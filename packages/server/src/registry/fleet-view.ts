import type { Bot, BotStatus } from "./bot.js";

/** The read side of the registry: what HTTP, metrics, the live feed and the sampler see. */
export interface FleetView {
  readonly size: number;
  get(channel: string): Bot | undefined;
  /** In the order in which the channels were first heard. */
  bots(): IterableIterator<Bot>;
  counts(): Readonly<Record<BotStatus, number>>;
  /** How long ago the bot was last heard, in seconds, on a clock that never steps; null for one not heard since the monitor's start. */
  heartbeatAgeS(bot: Bot): number | null;
}
