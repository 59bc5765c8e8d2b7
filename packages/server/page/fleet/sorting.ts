import type { Bot } from "./bot.js";
import { worstFirst } from "./worst-first.js";

export const sortings = ["worst", "channel", "cpu", "mb", "restarts", "heard"] as const;
export type Sorting = (typeof sortings)[number];

/** What nobody knows is the default. */
export function sortingFrom(text: string): Sorting {
  return sortings.find((sorting) => sorting === text) ?? "worst";
}

const amountOf: Readonly<Record<Exclude<Sorting, "worst" | "channel">, (bot: Bot) => number | null>> = {
  cpu: ({ cpuPct }) => cpuPct,
  mb: ({ rssMb }) => rssMb,
  restarts: ({ restarts }) => restarts,
  heard: ({ lastSeenMs }) => lastSeenMs,
};

/** The largest first, and what is not known last; equals by name. `heard` has the longest silence first. */
export function sorted(
  bots: Iterable<Bot>,
  by: Sorting,
  nameRank: (channel: string) => number,
): readonly Bot[] {
  if (by === "worst") return worstFirst(bots, nameRank);
  const keys = [...bots].map((bot) => ({
    bot,
    value: by === "channel" ? 0 : sortValue(amountOf[by](bot), by),
    name: nameRank(bot.channel),
  }));
  keys.sort((a, b) => a.value - b.value || a.name - b.name);
  return keys.map(({ bot }) => bot);
}

function sortValue(value: number | null, by: Sorting): number {
  if (value === null) return Number.MAX_VALUE;
  return by === "heard" ? value : -value;
}
