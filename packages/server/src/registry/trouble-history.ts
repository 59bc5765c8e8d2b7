/** So many changes of one bot within so long are told; of more, the last one. */
const mostTold = 6;
const spanMs = 60_000;
/** A process that says its last words is looked at before they would be told as trouble. */
const lastWordsMs = 15_000;

/** `exit 1: TokenInvalid at bot.js:12`: what a process says that is about to end [M-15]. */
const lastWords = /^exit -?\d+(?::|$)/;

/** Whether the trouble is the last word of a process. */
export function isLastWords(trouble: string | null): trouble is string {
  return trouble !== null && lastWords.test(trouble);
}

/**
 * Which changes of one bot's trouble are told: at most six a minute, and always the last one, at
 * the latest when that minute is over. Last words are told as trouble only where the process lives
 * on: else its death has them. Times are a clock's that never steps.
 */
export class TroubleHistory {
  #told: string | null;
  #toldAtMs: readonly number[] = [];
  #dueAtMs = Number.POSITIVE_INFINITY;

  /** `told`: what is known of it already. */
  constructor(told: string | null) {
    this.#told = told;
  }

  /** The bot says something else now. Answers whether that is to be told at once. */
  change(trouble: string | null, nowMs: number): boolean {
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    if (trouble === this.#told) return false;
    const oldest = this.#toldAtMs[this.#toldAtMs.length - mostTold] ?? Number.NEGATIVE_INFINITY;
    this.#dueAtMs = Math.max(oldest + spanMs, nowMs + (isLastWords(trouble) ? lastWordsMs : 0));
    return this.#dueAtMs <= nowMs;
  }

  /** Whether what the bot says is still to be told. */
  get isWaiting(): boolean {
    return this.#dueAtMs < Number.POSITIVE_INFINITY;
  }

  /** Whether what the bot says is to be told now, as it could not be before. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs;
  }

  told(trouble: string | null, nowMs: number): void {
    this.#told = trouble;
    this.#toldAtMs = [...this.#toldAtMs.slice(1 - mostTold), nowMs];
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  /** Its process has ended, and its trouble with it: its change of status tells that. */
  end(): void {
    this.#told = null;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  /** Nothing is left of it that a new one would not know. */
  isForgettable(nowMs: number): boolean {
    const last = this.#toldAtMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    return !this.isWaiting && nowMs - last >= spanMs;
  }
}
