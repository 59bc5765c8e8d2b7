import type { BotStatus } from "./bot.js";
import type { CauseCode } from "./cause-code.js";

/**
 * A change of a bot's status: one row of the history and one line of the log. `from` is null for
 * the first status of a bot.
 */
export interface Transition {
  readonly tsMs: number;
  readonly channel: string;
  readonly pid: number;
  readonly from: BotStatus | null;
  readonly to: BotStatus;
  /** Why, in a few words for people. */
  readonly cause: string;
  /** Why, for programs. */
  readonly causeCode: CauseCode;
  /** The process whose place this one took with this change; null where it took none. */
  readonly previousPid: number | null;
  /**
   * How long the process lived that ended with this change; null where none did, or it is not
   * known.
   */
  readonly livedMs: number | null;
  /** What the bot says of its trouble, where that changed and not its status (`TroubleChange`). */
  readonly trouble?: string | null;
}

/**
 * A bot's trouble began, changed or ended. This is a row of the history too, but the status stays:
 * `from` and `to` are both the bot's status.
 */
export interface TroubleChange extends Transition {
  /** What the bot says; null: nothing any more. */
  readonly trouble: string | null;
}
