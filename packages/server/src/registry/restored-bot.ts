import type { BotStatus } from "./bot.js";
import type { CauseCode } from "./cause-code.js";

/** A bot as the store remembers it. */
export interface RestoredBot {
  readonly channel: string;
  readonly pid: number;
  readonly status: BotStatus;
  readonly featuresJson: string;
  readonly registeredAtMs: number;
  readonly lastSeenMs: number;
  readonly statusSinceMs: number | null;
  /** Why it is in that status; null where nobody wrote it down. */
  readonly cause: string | null;
  readonly causeCode: CauseCode | null;
  readonly previousPid: number | null;
  readonly livedMs: number | null;
  readonly startedAtMs: number | null;
  readonly startTold: boolean | null;
  readonly processSeen: boolean;
  readonly restarts: number;
  readonly lastCpuPct: number | null;
  readonly lastRssMb: number | null;
  readonly version: string | null;
  readonly intervalS: number | null;
  readonly trouble: string | null;
  readonly troubleSinceMs: number | null;
  /**
   * `python`: its row is from the Python monitor, which told neither start time nor whether it saw
   * the process.
   */
  readonly origin: "monitor" | "python";
}

/** A crash that the store's history tells of. */
export interface RestoredCrash {
  readonly tsMs: number;
  readonly livedMs: number | null;
}
