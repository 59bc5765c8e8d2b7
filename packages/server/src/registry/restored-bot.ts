import type { BotStatus } from "./bot.js";

/** A bot as the store remembers it. */
export interface RestoredBot {
  readonly channel: string;
  readonly pid: number;
  readonly status: BotStatus;
  readonly featuresJson: string;
  readonly registeredAtMs: number;
  readonly lastSeenMs: number;
  readonly statusSinceMs: number | null;
  readonly startedAtMs: number | null;
  readonly processSeen: boolean;
  readonly restarts: number;
  readonly version: string | null;
  readonly intervalS: number | null;
  /** `python`: its row is from the Python monitor, which told neither start time nor whether it saw the process. */
  readonly origin: "monitor" | "python";
}
