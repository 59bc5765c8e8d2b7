import type { Bot } from "../registry/bot.js";

const conditions = ["dead", "crash_loop", "stale", "conflict", "trouble", "offline", "online"] as const;
type Condition = (typeof conditions)[number];

/** How a bot is, by what concerns an operator most: the same as in the commands. */
function conditionOf({ status, crashLoop, conflict, trouble }: Bot): Condition {
  if (status === "dead" || status === "offline") return status;
  if (crashLoop) return "crash_loop";
  if (status !== "online") return status;
  if (conflict !== null) return "conflict";
  return trouble === null ? status : "trouble";
}

/**
 * Dead, in a crash loop, stale, in conflict, in trouble, offline, healthy. Among bots that are down
 * the newest comes first; otherwise the order of the channels stays.
 */
export function worstFirst(sorted: readonly Bot[]): readonly Bot[] {
  const groups = new Map<Condition, Bot[]>(conditions.map((condition) => [condition, []]));
  for (const bot of sorted) groups.get(conditionOf(bot))?.push(bot);
  for (const condition of ["dead", "crash_loop", "stale"] as const) {
    groups.get(condition)?.sort((a, b) => b.statusSinceMs - a.statusSinceMs);
  }
  return [...groups.values()].flat();
}
