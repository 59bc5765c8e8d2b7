import type { BotState } from "./bot-state.js";
import { isLastWords } from "./trouble-history.js";

/** For how long: the end of a connection that a living child process holds open never comes. */
const longestMs = 1_000;

/** A death that a look found. */
export interface FoundDeath {
  readonly fate: "gone" | "reused";
  readonly foundMs: number;
}

/**
 * Deaths that a look found while the connection of the process was still open. Its last lines, and
 * the end of its connection behind them, may still have to be read; so the death is told when that
 * end is heard, and then in the process's own words, the same to the stream and to the history.
 * Times are the attentive clock's.
 */
export class AwaitedWords {
  readonly #deaths = new Map<BotState, FoundDeath & { readonly untilMs: number }>();

  /** Whether the death waits. One that waits already stays as it was found first. */
  await(bot: BotState, death: FoundDeath, nowMs: number): boolean {
    if (this.#deaths.has(bot)) return true;
    if (!bot.contact.isOpen || isLastWords(bot.trouble)) return false;
    this.#deaths.set(bot, { ...death, untilMs: nowMs + longestMs });
    return true;
  }

  /** The death of the bot's process that waits, which then waits no more. */
  take(bot: BotState): FoundDeath | undefined {
    const death = this.#deaths.get(bot);
    this.#deaths.delete(bot);
    return death;
  }

  /** Those that waited long enough. */
  due(nowMs: number, on: (bot: BotState, death: FoundDeath) => void): void {
    for (const [bot, death] of this.#deaths) {
      if (death.untilMs > nowMs) continue;
      this.#deaths.delete(bot);
      on(bot, death);
    }
  }
}
