import type { Bot } from "./bot.js";
import { worstFirst } from "./worst-first.js";

export const sortings = ["worst", "channel", "cpu", "mb", "restarts", "cost", "heard"] as const;
export type Sorting = (typeof sortings)[number];

/** What nobody knows is the default. */
export function sortingFrom(text: string): Sorting {
  return sortings.find((sorting) => sorting === text) ?? "worst";
}

const amountOf: Readonly<
  Record<Exclude<Sorting, "worst" | "channel" | "cost">, (bot: Bot) => number | null>
> = {
  cpu: ({ cpuPct }) => cpuPct,
  mb: ({ rssMb }) => rssMb,
  restarts: ({ restarts }) => restarts,
  heard: ({ lastSeenMs }) => lastSeenMs,
};

interface SortingMeans {
  readonly nameRank: (channel: string) => number;
  /** What its calls of models came to; null is unknown. */
  readonly costOf: (channel: string) => number | null;
}

/**
 * The largest first, and what is not known last; equals by name. `heard` has the longest silence
 * first.
 */
export function sorted(bots: Iterable<Bot>, by: Sorting, { nameRank, costOf }: SortingMeans): readonly Bot[] {
  if (by === "worst") return worstFirst(bots, nameRank);
  const keys = [...bots].map((bot) => ({
    bot,
    value: sortValue(by === "channel" ? 0 : by === "cost" ? costOf(bot.channel) : amountOf[by](bot), by),
    name: nameRank(bot.channel),
  }));
  keys.sort((a, b) => a.value - b.value || a.name - b.name);
  return keys.map(({ bot }) => bot);
}

function sortValue(value: number | null, by: Sorting): number {
  if (value === null) return Number.MAX_VALUE;
  return by === "heard" ? value : -value;
}
