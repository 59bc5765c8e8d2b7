import { type BotStatus, botStatuses } from "@kissbot/store";
import { nearestName } from "../config/nearest-name.js";
import { quotedText } from "../config/quoted-text.js";
import { UsageError } from "../config/usage-error.js";
import { isLike } from "../pattern.js";
import { type BotRow, isInTrouble } from "./bot-row.js";
import type { Options } from "./command-context.js";

/** What only a running monitor knows is not in a database. */
const conditions = {
  crash_loop: ({ crash_loop }: BotRow) => crash_loop === true,
  conflict: ({ conflict }: BotRow) => (conflict ?? null) !== null,
  trouble: isInTrouble,
} as const;
type Condition = keyof typeof conditions;

const words = [...botStatuses, ...(Object.keys(conditions) as Condition[])] as const;
type Word = (typeof words)[number];

/** What `--status` may be, for help and errors. */
export const statusWords = words.join(", ");

/** Which bots of a fleet are asked for. */
export class BotFilter {
  readonly #words: readonly Word[] | null;
  readonly #patterns: readonly string[];

  /** From `--status` and `--channel`. Throws `UsageError`. */
  constructor({ status, channel = [] }: Options) {
    this.#words = status === undefined ? null : wordsFrom(String(status));
    this.#patterns = channel as readonly string[];
  }

  /** A bot of one of the statuses or conditions, whose channel is one of those. */
  matches(bot: BotRow): boolean {
    const hasWord = this.#words?.some((word) => hasStatus(bot, word)) ?? true;
    return hasWord && (this.#patterns.length === 0 || this.#patterns.some((one) => isLike(bot.channel, one)));
  }

  /** Whether it was asked for something that only a running monitor knows. */
  get needsMonitor(): boolean {
    return this.#words?.some((word) => word === "crash_loop" || word === "conflict") ?? false;
  }

  /** What is to be said of the channels that none of these bots has, and of a status that none of those has. */
  notes(bots: readonly BotRow[]): string[] {
    const notes = this.#patterns
      .filter((pattern) => !bots.some(({ channel }) => isLike(channel, pattern)))
      .map(
        (pattern) => `--channel ${quotedText(pattern)}: there is no such bot${nearestAdvice(pattern, bots)}`,
      );
    const isEmpty = notes.length === 0 && bots.length > 0 && !bots.some((bot) => this.matches(bot));
    return isEmpty ? [`--status ${this.#words?.join(",")}: there is no such bot now`] : notes;
  }
}

/** `; did you mean twitch/main?`, or nothing. */
export function nearestAdvice(channel: string, bots: readonly BotRow[]): string {
  const near = nearestName(
    channel,
    bots.map((one) => one.channel),
  );
  return near === undefined ? "" : `; did you mean ${quotedText(near)}?`;
}

function hasStatus(bot: BotRow, word: Word): boolean {
  return (botStatuses as readonly string[]).includes(word)
    ? bot.status === (word as BotStatus)
    : conditions[word as Condition](bot);
}

function wordsFrom(given: string): readonly Word[] {
  const all = given.split(",").map((word) => word.trim());
  const known = all.filter((word): word is Word => (words as readonly string[]).includes(word));
  if (known.length === all.length) return known;
  const wrong = all.find((word) => !(words as readonly string[]).includes(word)) ?? "";
  const near = nearestName(wrong, words);
  const advice = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError([
    `--status: expected some of ${statusWords}, separated by commas; got ${quotedText(given)}${advice}`,
  ]);
}
