import type { Bot } from "./bot.js";

/**
 * How a bot is, by what concerns an operator most: the worst first, as in the commands and the API.
 */
export const conditions = [
  "dead",
  "crash_loop",
  "stale",
  "conflict",
  "trouble",
  "offline",
  "online",
] as const;
export type Condition = (typeof conditions)[number];

/** Each bot is in exactly one, so that the counts add up to the fleet. */
export function conditionOf({ status, crashLoop, conflict, trouble }: Bot): Condition {
  if (status === "dead" || status === "offline") return status;
  if (crashLoop) return "crash_loop";
  if (status !== "online") return status;
  if (conflict !== null) return "conflict";
  return trouble === null ? status : "trouble";
}

/** It is not there and did not say goodbye, or it is not there for long. */
export function isDown(condition: Condition): boolean {
  return condition === "dead" || condition === "crash_loop" || condition === "stale";
}

/** Somebody must look. */
export function needsAttention(condition: Condition): boolean {
  return isDown(condition) || condition === "conflict" || condition === "trouble";
}

/** Since when it is in this condition; null where nobody knows. */
export function conditionSinceMs(bot: Bot): number | null {
  const condition = conditionOf(bot);
  if (condition === "conflict") return bot.conflict?.sinceMs ?? null;
  return condition === "trouble" ? bot.troubleSinceMs : bot.sinceMs;
}

const rankOf = new Map<Condition, number>(conditions.map((condition, rank) => [condition, rank]));
const newestOf = (bot: Bot, condition: Condition) =>
  isDown(condition) ? (bot.sinceMs ?? Number.NEGATIVE_INFINITY) : 0;

/**
 * Among those that are down the newest comes first; the rest stands by name. `nameRank` orders the
 * names.
 */
export function worstFirst(bots: Iterable<Bot>, nameRank: (channel: string) => number): Bot[] {
  const keys = [...bots].map((bot) => {
    const condition = conditionOf(bot);
    return {
      bot,
      rank: rankOf.get(condition) ?? 0,
      newest: newestOf(bot, condition),
      name: nameRank(bot.channel),
    };
  });
  keys.sort((a, b) => a.rank - b.rank || descending(a.newest, b.newest) || a.name - b.name);
  return keys.map(({ bot }) => bot);
}

function descending(a: number, b: number): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

export type Counts = Readonly<Record<Condition, number>>;

export function countsFrom(count: (condition: Condition) => number): Record<Condition, number> {
  return Object.fromEntries(conditions.map((one) => [one, count(one)])) as Record<Condition, number>;
}

export function countsOf(bots: Iterable<Bot>): Counts {
  const counts = countsFrom(() => 0);
  for (const bot of bots) counts[conditionOf(bot)]++;
  return counts;
}
