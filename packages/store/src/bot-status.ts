export const botStatuses = ["online", "stale", "dead", "offline"] as const;

/**
 * What is known of a bot: `stale` missed its heartbeats, `dead` has no process any more, `offline`
 * said goodbye.
 */
export type BotStatus = (typeof botStatuses)[number];

/**
 * A status as an old row may spell it; an unknown one counts as `offline`: it asserts nothing about
 * a live process.
 */
export function statusFromText(text: unknown): BotStatus {
  return botStatuses.find((status) => status === text) ?? "offline";
}
