import { type Condition, conditions } from "../condition.js";
import { OtherBot } from "../fleet/other-bots.js";
import type { Bot } from "../registry/bot.js";
import { TurnSorter } from "../turn-sorter.js";
import type { Turns } from "../turns.js";

/** How a bot is, by what concerns an operator most: the same as in the commands. */
export function conditionOf(bot: Bot | OtherBot): Condition {
  if (bot instanceof OtherBot)
    return bot.status === "online" && bot.stored.trouble !== null ? "trouble" : bot.status;
  const { status, crashLoop, conflict, trouble } = bot;
  if (status === "dead" || status === "offline") return status;
  if (crashLoop) return "crash_loop";
  if (status !== "online") return status;
  if (conflict !== null) return "conflict";
  return trouble === null ? status : "trouble";
}

/**
 * Dead, in a crash loop, stale, unknown, in conflict, in trouble, offline, healthy. Among bots that
 * are down the newest comes first; otherwise the order of the channels stays.
 */
export async function worstFirst<T extends Bot | OtherBot>(
  sorted: readonly T[],
  turns: Turns,
): Promise<readonly T[]> {
  const groups = new Map<Condition, T[]>(conditions.map((condition) => [condition, []]));
  let isOver = await turns.nextTurn();
  for (const [i, bot] of sorted.entries()) {
    groups.get(conditionOf(bot))?.push(bot);
    if (i % 100 === 99 && isOver()) isOver = await turns.nextTurn();
  }
  const sorter = new TurnSorter<T>(turns, (a, b) => sinceOf(b) - sinceOf(a));
  const ordered: (readonly T[])[] = [];
  for (const [condition, bots] of groups) ordered.push(isDown(condition) ? await sorter.sorted(bots) : bots);
  return ordered.flat();
}

const isDown = (condition: Condition) => ["dead", "crash_loop", "stale"].includes(condition);

function sinceOf(bot: Bot | OtherBot): number {
  return bot instanceof OtherBot ? (bot.stored.statusSinceMs ?? 0) + bot.shiftMs : bot.statusSinceMs;
}
