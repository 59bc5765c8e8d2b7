import type { Bot } from "./bot.js";
import type { Transition, TroubleChange } from "./transition.js";

/**
 * Hears of each event of the fleet, synchronously. Implement only the methods you need. A method
 * must not call the registry's write side. If it throws, the error is logged, and the registry and
 * the other listeners go on. The `Bot` belongs to the registry, which changes it in place: read it
 * during the call, or compare its `revision` later.
 */
export interface FleetListener {
  /** For the log: `live feed`. */
  readonly listenerName: string;
  /** A bot's status changed, or a bot is new; `botChanged` follows. */
  statusChanged?(transition: Transition): void;
  /** Anything visible of the bot changed, last seen included. */
  botChanged?(bot: Bot): void;
  /**
   * A conflict over the bot's channel was recorded, or is over: then `conflict` is null.
   * `botChanged` follows.
   */
  conflictChanged?(bot: Bot): void;
  /**
   * Another process took the place of one that still lives, and the bot was online before and
   * after; `botChanged` follows. Any other new process comes with a change of status.
   */
  takenOver?(takeOver: { readonly bot: Bot; readonly previousPid: number }): void;
  /**
   * A connection ended over which the bot's process, or its rival, was heard, and no goodbye had
   * come.
   */
  connectionEnded?(end: { readonly bot: Bot; readonly pid: number }): void;
  /**
   * The last row of the history of a bot that is forgotten: `from` and `to` are both the status in
   * which it was. `botForgotten` follows.
   */
  botLeaves?(last: Transition): void;
  /**
   * The bot is no longer one of the fleet, and this object never again; nothing else is told of it.
   * Its cause says why it was forgotten.
   */
  botForgotten?(bot: Bot): void;
  /**
   * What a bot says of its trouble changed: at most six times a minute for a bot, the last of more.
   */
  troubleChanged?(change: TroubleChange): void;
}
