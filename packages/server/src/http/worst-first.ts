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
 * What is down, what comes and goes, what may be down, then two processes that claim one channel,
 * then who says that it does not work, then who said goodbye, then the healthy. Among those that
 * are down the newest comes first; else the order stays that of the channels.
 */
export function worstFirst(sorted: readonly Bot[]): readonly Bot[] {
  const groups = new Map<Condition, Bot[]>(conditions.map((condition) => [condition, []]));
  for (const bot of sorted) groups.get(conditionOf(bot))?.push(bot);
  for (const condition of ["dead", "crash_loop", "stale"] as const) {
    groups.get(condition)?.sort((a, b) => b.statusSinceMs - a.statusSinceMs);
  }
  return [...groups.values()].flat();
}
