import type { OtherBot } from "../fleet/hosts-picture.js";
import type { Bot } from "../registry/bot.js";

const conditions = [
  "dead",
  "crash_loop",
  "stale",
  "unknown",
  "conflict",
  "trouble",
  "offline",
  "online",
] as const;
type Condition = (typeof conditions)[number];

/** How a bot is, by what concerns an operator most: the same as in the commands. */
function conditionOf(bot: Bot | OtherBot): Condition {
  if ("stored" in bot) return bot.status === "online" && bot.stored.trouble !== null ? "trouble" : bot.status;
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
export function worstFirst<T extends Bot | OtherBot>(sorted: readonly T[]): readonly T[] {
  const groups = new Map<Condition, T[]>(conditions.map((condition) => [condition, []]));
  for (const bot of sorted) groups.get(conditionOf(bot))?.push(bot);
  for (const condition of ["dead", "crash_loop", "stale"] as const) {
    groups.get(condition)?.sort((a, b) => sinceOf(b) - sinceOf(a));
  }
  return [...groups.values()].flat();
}

function sinceOf(bot: Bot | OtherBot): number {
  return "stored" in bot ? (bot.stored.statusSinceMs ?? 0) + bot.shiftMs : bot.statusSinceMs;
}
