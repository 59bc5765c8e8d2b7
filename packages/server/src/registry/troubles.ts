import type { Clock } from "../clock.js";
import type { BotState } from "./bot-state.js";
import { isEnded } from "./liveness.js";
import type { RestoredBot } from "./restored-bot.js";
import { isLastWords, TroubleHistory } from "./trouble-history.js";

/** What a line says of trouble; absent or null: that there is none. */
interface Word {
  readonly pid: number;
  readonly trouble?: string | null;
  readonly tsMs: number;
}

/** What bots say of their trouble, and which changes of it are told. */
export class Troubles {
  /** Of bots that changed theirs within the last minute. */
  readonly #histories = new Map<BotState, TroubleHistory>();
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #tell: (bot: BotState) => void;

  /** `tell` is called where a change is told. */
  constructor(clock: Pick<Clock, "monotonicMs">, tell: (bot: BotState) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** A line of the current process: what it does not say is over. */
  hear(bot: BotState, { trouble = null, tsMs }: Word): void {
    if (trouble === bot.trouble) return;
    const history = this.#histories.get(bot) ?? new TroubleHistory(bot.trouble);
    if (bot.trouble === null || trouble === null) bot.troubleSinceMs = trouble === null ? null : tsMs;
    bot.trouble = trouble;
    this.#change(bot, history, tsMs);
  }

  /**
   * A line that comes after the end of its process. Last words are why it died, then; answers
   * whether they are.
   */
  hearLate(bot: BotState, { pid, trouble = null }: Word): boolean {
    if (bot.status !== "dead" || bot.pid !== pid || !isLastWords(trouble)) return false;
    bot.statusCause = trouble;
    return true;
  }

  /**
   * The row of a bot that was heard before it could be read: what the history says of it may be
   * over.
   */
  remember(bot: BotState, row: RestoredBot): void {
    if (bot.trouble !== null || row.trouble === null || isEnded(row.status)) return;
    this.#change(bot, new TroubleHistory(row.trouble), bot.lastSeenMs);
  }

  /** The process ended. */
  end(bot: BotState): void {
    bot.trouble = null;
    bot.troubleSinceMs = null;
    this.#histories.get(bot)?.end();
  }

  /** Keeps nothing more of a bot that leaves the fleet. */
  forget(bot: BotState): void {
    this.#histories.delete(bot);
  }

  /** Tells what could not be told before. To be called every second. */
  tick(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [bot, history] of this.#histories) {
      if (history.isDue(nowMs)) this.#told(bot, history, nowMs);
      else if (history.isForgettable(nowMs)) this.#histories.delete(bot);
    }
  }

  /**
   * The monitor stops: what waits is told now, but for last words, whose process has most likely
   * ended.
   */
  settle(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [bot, history] of this.#histories) {
      if (history.isWaiting && !isLastWords(bot.trouble)) this.#told(bot, history, nowMs);
    }
  }

  #change(bot: BotState, history: TroubleHistory, tsMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#histories.set(bot, history);
    bot.troubleChangedAtMs = tsMs;
    if (history.change(bot.trouble, nowMs)) this.#told(bot, history, nowMs);
  }

  #told(bot: BotState, history: TroubleHistory, nowMs: number): void {
    history.told(bot.trouble, nowMs);
    this.#tell(bot);
  }
}
