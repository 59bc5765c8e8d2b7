import type { Bot } from "./bot.js";
import { conditionOf, isDown } from "./worst-first.js";

export const groupings = ["platform", "version", "status", "feature"] as const;
export type Grouping = (typeof groupings)[number];

export function isGrouping(text: string): text is Grouping {
  return groupings.some((grouping) => grouping === text);
}

export interface BotGroup {
  readonly name: string;
  readonly bots: readonly Bot[];
  readonly down: number;
}

/** What stands before the first separator: `twitch` of `twitch/anna`; "" where there is none. */
export function platformOf(channel: string): string {
  return /^([^/:_.#@-]+)[/:_.#@-]./u.exec(channel)?.[1] ?? "";
}

/** A bot is in one group for each feature that it has switched on, else in exactly one. */
function namesOf(bot: Bot, by: Grouping): readonly string[] {
  if (by === "platform") return [platformOf(bot.channel)];
  if (by === "version") return [bot.version ?? ""];
  if (by === "status") return [conditionOf(bot)];
  const names = Object.keys(bot.features).filter((name) => bot.features[name] === true);
  return names.length === 0 ? [""] : names;
}

/**
 * In the order of the bots, so that the group of the worst one comes first; what has no name is
 * last.
 */
export function groupsOf(bots: readonly Bot[], by: Grouping): readonly BotGroup[] {
  const groups = new Map<string, { bots: Bot[]; down: number }>();
  for (const bot of bots) {
    for (const name of namesOf(bot, by)) {
      let group = groups.get(name);
      if (group === undefined) {
        group = { bots: [], down: 0 };
        groups.set(name, group);
      }
      group.bots.push(bot);
      if (isDown(conditionOf(bot))) group.down++;
    }
  }
  const named = [...groups].map(([name, group]) => ({ name, ...group }));
  return [...named.filter(({ name }) => name !== ""), ...named.filter(({ name }) => name === "")];
}
