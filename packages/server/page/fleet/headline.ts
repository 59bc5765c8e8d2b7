import { amountOf, countText } from "../frame/quantity-text.js";
import type { WholeCounts } from "./whole-fleet.js";
import type { Counts } from "./worst-first.js";

/** How many bots need somebody, so that one number can stand in the title and the icon. */
export function attentionCount({ dead, crash_loop, stale, conflict, trouble }: Counts): number {
  return dead + crash_loop + stale + conflict + trouble;
}

/**
 * The state of the fleet in one sentence: `3 of 212 bots are down; 1 channel is claimed twice`. It
 * names what is wrong and nothing else.
 */
export function headlineOf(counts: WholeCounts): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return "No bot has reported yet";
  const down = counts.dead + counts.stale;
  const parts: string[] = [];
  if (down > 0)
    parts.push(`${countText(down)} of ${amountOf(total, "bot")} ${down === 1 ? "is" : "are"} down`);
  const say = (count: number, one: string, many: string, noun?: string) => {
    if (count === 0) return;
    const who = noun ?? (parts.length === 0 ? "bot" : null);
    parts.push(`${who === null ? countText(count) : amountOf(count, who)} ${count === 1 ? one : many}`);
  };
  say(counts.crash_loop, "crashes again and again", "crash again and again");
  say(counts.conflict, "is claimed twice", "are claimed twice", "channel");
  say(counts.trouble, "is in trouble", "are in trouble");
  say(counts.unknown, "is unknown", "are unknown");
  if (parts.length > 0) return parts.join("; ");
  if (counts.online === 0)
    return `${total === 1 ? "The one bot" : `All ${amountOf(total, "bot")}`} said goodbye`;
  if (counts.online === 1) return "1 bot is up";
  return counts.offline === 0
    ? `All ${amountOf(counts.online, "bot")} are up`
    : `${amountOf(counts.online, "bot")} are up`;
}
