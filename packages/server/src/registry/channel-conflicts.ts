import type { ChannelConflict } from "./bot.js";
import type { BotState } from "./bot-state.js";
import type { BotProbeResult } from "./probe-result.js";

/**
 * Processes that report on a channel owned by another process, and the deadline by which each must
 * report again. One per bot: the first, as long as it reports.
 */
export class ChannelConflicts {
  readonly #untilMs = new Map<BotState, number>();
  /** Those whose rival a look has shown. A bot that is forgotten takes its mark along. */
  readonly #seen = new WeakSet<BotState>();
  readonly #onChange: (bot: BotState) => void;

  /** `onChange` is told when a conflict begins and when it is over. */
  constructor(onChange: (bot: BotState) => void) {
    this.#onChange = onChange;
  }

  heard(bot: BotState, { pid, principal, sinceMs }: ChannelConflict, untilMs: number): void {
    if (bot.conflict !== null) {
      if (bot.conflict.pid === pid) this.#untilMs.set(bot, untilMs);
      return;
    }
    bot.conflict = { pid, principal, sinceMs };
    this.#untilMs.set(bot, untilMs);
    this.#onChange(bot);
  }

  /** A look at the rival's pid. Gone is one that a look had shown, or whose connection ended. */
  observe(bot: BotState, { state, afterEnd }: BotProbeResult): boolean {
    if (state === "alive") this.#seen.add(bot);
    if (state !== "gone" || !(afterEnd === true || this.#seen.has(bot))) return false;
    this.end(bot);
    return true;
  }

  end(bot: BotState): void {
    this.#seen.delete(bot);
    this.#untilMs.delete(bot);
    bot.conflict = null;
    this.#onChange(bot);
  }

  /** The bot is no longer one of the fleet. */
  forget(bot: BotState): void {
    this.#untilMs.delete(bot);
  }

  endSilent(nowMs: number): void {
    for (const [bot, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.end(bot);
  }
}
