import type { BotState } from "./bot-state.js";
import type { Cause } from "./cause.js";

/** How long a line may have been under way when its process ended. */
const lateMs = 1_000;
/** The shortest doubt. */
const leastMs = 5_000;
/** How late a beat may be. */
const graceMs = 2_000;

interface Doubt {
  readonly sinceMs: number;
  untilMs: number;
  readonly why: Cause;
  readonly foundMs: number;
}

/**
 * Bots that beat, never told when their process started, and whose pid has become nobody's. Where
 * the pid was theirs they are dead; in a container it was a stranger's, and their next beat proves
 * it. So each has until its next beat is overdue, and 5 s at least. Times are the attentive
 * clock's.
 */
export class Doubts {
  readonly #doubts = new Map<BotState, Doubt>();
  readonly #unheardMs: (bot: BotState) => number;

  /** `unheardMs`: how long a bot may be silent that was not heard since the monitor's start. */
  constructor(unheardMs: (bot: BotState) => number) {
    this.#unheardMs = unheardMs;
  }

  /**
   * `foundMs`: when its pid was found to be nobody's, Unix milliseconds. Does nothing where there
   * is a doubt already.
   */
  begin(bot: BotState, why: Cause, foundMs: number, nowMs: number): void {
    if (this.#doubts.has(bot)) return;
    const untilMs = Number.isNaN(bot.heardAtMs)
      ? nowMs + this.#unheardMs(bot)
      : Math.max(nowMs + leastMs, overdueMs(bot, bot.heardAtMs));
    this.#doubts.set(bot, { sinceMs: nowMs, untilMs, why, foundMs });
  }

  /**
   * It was heard. Answers whether that proves that the pid is not the bot's. A line that may have
   * been under way proves nothing, and the next one is waited for.
   */
  heard(bot: BotState, nowMs: number): boolean {
    const doubt = this.#doubts.get(bot);
    if (doubt === undefined) return false;
    const isProof = nowMs - doubt.sinceMs > lateMs;
    if (isProof) this.#doubts.delete(bot);
    else doubt.untilMs = Math.max(doubt.untilMs, overdueMs(bot, nowMs));
    return isProof;
  }

  /** It ended, or another process is the current one. */
  end(bot: BotState): void {
    this.#doubts.delete(bot);
  }

  /** Tells of those whose time is over. */
  due(nowMs: number, on: (bot: BotState, why: Cause, foundMs: number) => void): void {
    for (const [bot, { untilMs, why, foundMs }] of this.#doubts) {
      if (untilMs > nowMs) continue;
      this.#doubts.delete(bot);
      on(bot, why, foundMs);
    }
  }
}

/**
 * When the next beat after that of `heardAtMs` is overdue; 0 where nobody knows how often the bot
 * beats.
 */
function overdueMs({ intervalS, contact }: BotState, heardAtMs: number): number {
  const intervalMs = intervalS === null ? contact.gapMs : 1_000 * intervalS;
  return Number.isNaN(intervalMs) ? 0 : heardAtMs + intervalMs + graceMs;
}
