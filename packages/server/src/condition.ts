/** How a bot is, with what concerns an operator most first: for the commands and the API. */
export const conditions = [
  "dead",
  "crash_loop",
  "stale",
  "unknown",
  "conflict",
  "trouble",
  "offline",
  "online",
] as const;
export type Condition = (typeof conditions)[number];
