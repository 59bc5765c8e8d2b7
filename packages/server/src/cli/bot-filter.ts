import { botStatuses } from "@kissbot/store";
import { nearestName } from "../config/nearest-name.js";
import { UsageError } from "../config/usage-error.js";
import { isLike } from "../pattern.js";
import { quotedText } from "../quoted-text.js";
import { type BotRow, isInTrouble, type ShownStatus } from "./bot-row.js";
import type { Options } from "./command-context.js";

/** What only a running monitor knows is not in a database. */
const conditions = {
  crash_loop: ({ crash_loop }: BotRow) => crash_loop === true,
  conflict: ({ conflict }: BotRow) => (conflict ?? null) !== null,
  trouble: isInTrouble,
} as const;
type Condition = keyof typeof conditions;

const statuses: readonly ShownStatus[] = [...botStatuses, "unknown"];
const words = [...statuses, ...(Object.keys(conditions) as Condition[])] as const;
type Word = (typeof words)[number];

/** What `--status` may be, for help and errors. */
export const statusWords = words.join(", ");

/** Chooses bots of a fleet. */
export class BotFilter {
  readonly #words: readonly Word[] | null;
  readonly #patterns: readonly string[];
  readonly #labels: readonly Label[];

  /** From `--status`, `--channel` and `--label`. Throws `UsageError`. */
  constructor({ status, channel = [], label = [] }: Options) {
    this.#words = status === undefined ? null : wordsFrom(String(status));
    this.#patterns = channel as readonly string[];
    this.#labels = (label as readonly string[]).map(labelFrom);
  }

  /** Whether the bot has one of the statuses or conditions, one of the channels, and all labels. */
  matches(bot: BotRow): boolean {
    const hasWord = this.#words?.some((word) => hasStatus(bot, word)) ?? true;
    if (!this.#labels.every((label) => hasLabel(bot, label))) return false;
    return hasWord && (this.#patterns.length === 0 || this.#patterns.some((one) => isLike(bot.channel, one)));
  }

  /** Whether it filters by something that only a running monitor knows. */
  get needsMonitor(): boolean {
    return this.#words?.some((word) => word === "crash_loop" || word === "conflict") ?? false;
  }

  /**
   * What is to be said of the channels that none of these bots has, and of a status that none of
   * those has.
   */
  notes(bots: readonly BotRow[]): string[] {
    const notes = this.#patterns
      .filter((pattern) => !bots.some(({ channel }) => isLike(channel, pattern)))
      .map(
        (pattern) => `--channel ${quotedText(pattern)}: there is no such bot${nearestAdvice(pattern, bots)}`,
      );
    for (const label of this.#labels) {
      if (bots.some((bot) => hasLabel(bot, label))) continue;
      notes.push(
        `--label ${quotedText(label.given)}: there is no such bot; labels are given in the config file, under bots:`,
      );
    }
    const isEmpty = notes.length === 0 && bots.length > 0 && !bots.some((bot) => this.matches(bot));
    if (!isEmpty) return notes;
    const [status, labels] = [this.#words?.join(","), this.#labels.map(({ given }) => quotedText(given))];
    const asked = [
      ...(status === undefined ? [] : [`--status ${status}`]),
      ...labels.map((one) => `--label ${one}`),
    ];
    return [`${asked.join(" ")}: there is no such bot now`];
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
  return (statuses as readonly string[]).includes(word)
    ? bot.status === word
    : conditions[word as Condition](bot);
}

interface Label {
  readonly given: string;
  readonly name: string;
  /** A pattern; null: any value. */
  readonly value: string | null;
}

/** `team=streams`, `team=str*`, or `team` alone for any value. */
function labelFrom(given: string): Label {
  const [, name = "", equals, value = ""] = /^([^=]*)(=?)(.*)$/s.exec(given) ?? [];
  if (name.trim() === "") {
    throw new UsageError([
      `--label: expected NAME=VALUE or NAME, such as team=streams; got ${quotedText(given)}`,
    ]);
  }
  return { given, name: name.trim(), value: equals === "" ? null : value };
}

function hasLabel({ labels = {} }: BotRow, { name, value }: Label): boolean {
  if (!Object.hasOwn(labels, name)) return false;
  return value === null || isLike(labels[name] ?? "", value);
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
