import { byText } from "../metric-series.js";

/** A bot that is online by the word of a host that is up. Times are those of the database. */
export interface OnlineBot {
  readonly hostNo: number;
  readonly channel: string;
  readonly onlineSinceMs: number;
}

/** A channel that is online on several hosts at once. */
export interface SharedChannel {
  readonly channel: string;
  readonly hostNos: readonly number[];
  /** Since when at least two of them are. */
  readonly sinceMs: number;
}

/** A bot that moves may be online on both hosts for so long. */
const moveMs = 60_000;

/** The channels that have been online on several hosts for over a minute, by their names. */
export function sharedChannels(bots: Iterable<OnlineBot>, nowMs: number): SharedChannel[] {
  const byChannel = new Map<string, OnlineBot[]>();
  for (const bot of bots) {
    const known = byChannel.get(bot.channel);
    if (known === undefined) byChannel.set(bot.channel, [bot]);
    else known.push(bot);
  }
  const shared: SharedChannel[] = [];
  for (const [channel, all] of byChannel) {
    const [, second] = all.sort((a, b) => a.onlineSinceMs - b.onlineSinceMs);
    if (second === undefined || nowMs - second.onlineSinceMs <= moveMs) continue;
    shared.push({ channel, hostNos: all.map(({ hostNo }) => hostNo), sinceMs: second.onlineSinceMs });
  }
  return shared.sort((a, b) => byText(a.channel, b.channel));
}
