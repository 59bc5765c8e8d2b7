import type { BotStatus } from "./bot.js";

/** One change of a bot's status: a row of the history and a line of the log. `from` is null for a bot's first. */
export interface Transition {
  readonly tsMs: number;
  readonly channel: string;
  readonly pid: number;
  readonly from: BotStatus | null;
  readonly to: BotStatus;
  /** Why, in a few words for people. */
  readonly cause: string;
}
