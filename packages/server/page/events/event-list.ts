import type { StatusChange } from "../bot/timeline.js";
import type { Status } from "../fleet/bot.js";

/** A change of status, and how long the bot had been down where it ended that. */
export interface ListedEvent {
  readonly change: StatusChange;
  readonly wasDownMs: number | null;
}

export interface EventFilter {
  /** Part of the channel; "" is any. */
  readonly query: string;
  /** "" is any. */
  readonly status: string;
  /** What came before is no part of the list, but counts for how long a bot had been down. */
  readonly fromMs: number;
}

const isDown = (status: Status) => status === "dead" || status === "stale";

/** Newest first, of several bots whose changes are each oldest first. */
export function eventsOf(
  histories: Iterable<readonly StatusChange[]>,
  { query, status, fromMs }: EventFilter,
): readonly ListedEvent[] {
  const wanted = query.toLowerCase();
  const events: ListedEvent[] = [];
  for (const changes of histories) {
    let downSinceMs: number | null = null;
    for (const change of changes) {
      const { from, to, tsMs, channel } = change;
      // Where the status stays, its trouble began or is over.
      const isChange = from !== to;
      if (isChange && isDown(to)) downSinceMs ??= tsMs;
      const wasDownMs = isChange && to === "online" && downSinceMs !== null ? tsMs - downSinceMs : null;
      if (isChange && !isDown(to)) downSinceMs = null;
      const isWanted = (status === "" || to === status) && channel.toLowerCase().includes(wanted);
      if (isWanted && tsMs >= fromMs) events.push({ change, wasDownMs });
    }
  }
  return events.sort((a, b) => b.change.tsMs - a.change.tsMs);
}
