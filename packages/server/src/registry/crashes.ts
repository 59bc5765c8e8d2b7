import type { BotState } from "./bot-state.js";
import { CrashHistory } from "./crash-history.js";

/** How often the counts of the last hour are looked at, which go down without any event. */
const recountMs = 60_000;

/**
 * Counts the crashes of every bot, and knows who is in a crash loop. Times are a clock's that never
 * steps.
 */
export class Crashes {
  readonly #histories = new Map<BotState, CrashHistory>();
  readonly #looping = new Set<BotState>();
  #recountAtMs = Number.NEGATIVE_INFINITY;

  /** The bot's process ended without a goodbye. */
  record(bot: BotState, livedMs: number | null, nowMs: number): void {
    bot.restarts++;
    this.remember(bot, livedMs, nowMs, nowMs);
  }

  /** A crash at `atMs` that the bot's count of restarts has in it already. */
  remember(bot: BotState, livedMs: number | null, atMs: number, nowMs: number): void {
    let history = this.#histories.get(bot);
    if (history === undefined) {
      history = new CrashHistory();
      this.#histories.set(bot, history);
    }
    history.record(atMs, livedMs);
    this.#show(bot, history, nowMs);
  }

  /** The bot's last crash was none. */
  retract(bot: BotState, nowMs: number): void {
    bot.restarts = Math.max(0, bot.restarts - 1);
    const history = this.#histories.get(bot);
    if (history === undefined) return;
    history.retract();
    this.#show(bot, history, nowMs);
  }

  /** Keeps nothing more of the bot. */
  forget(bot: BotState): void {
    this.#histories.delete(bot);
    this.#looping.delete(bot);
  }

  /**
   * Ends the loops that are over, and once a minute brings the counts up to date. `onChange` is
   * told of each bot that changed.
   */
  tick(nowMs: number, onChange: (bot: BotState) => void): void {
    const isRecount = nowMs >= this.#recountAtMs;
    if (isRecount) this.#recountAtMs = nowMs + recountMs;
    for (const bot of isRecount ? this.#histories.keys() : this.#looping) {
      const history = this.#histories.get(bot) as CrashHistory;
      if (!isRecount && history.isLoop(nowMs)) continue;
      if (this.#show(bot, history, nowMs)) onChange(bot);
      if (bot.restartsInHour === 0 && !bot.crashLoop) this.#histories.delete(bot);
    }
  }

  #show(bot: BotState, history: CrashHistory, nowMs: number): boolean {
    const inHour = history.inHour(nowMs);
    const inTenMinutes = history.inTenMinutes(nowMs);
    const isLoop = history.isLoop(nowMs);
    const lifeMs = history.typicalLifeMs();
    if (
      bot.restartsInHour === inHour &&
      bot.crashesInTenMinutes === inTenMinutes &&
      bot.crashLoop === isLoop &&
      bot.typicalLifeMs === lifeMs
    ) {
      return false;
    }
    bot.restartsInHour = inHour;
    bot.crashesInTenMinutes = inTenMinutes;
    bot.crashLoop = isLoop;
    bot.typicalLifeMs = lifeMs;
    if (isLoop) this.#looping.add(bot);
    else this.#looping.delete(bot);
    return true;
  }
}
