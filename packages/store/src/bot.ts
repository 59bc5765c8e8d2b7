import type { Column } from "./column.js";

export const botStatuses = ["online", "stale", "dead", "offline"] as const;

/** What is known of a bot: `stale` missed its heartbeats, `dead` has no process any more, `offline` said goodbye. */
export type BotStatus = (typeof botStatuses)[number];

/** The state of one bot, written whole: the newest record of a channel replaces the one before. */
export interface BotRecord {
  readonly channel: string;
  readonly pid: number;
  /** The true status. The old table `bot_status` says the same, unless the batch is `markOldStatusOffline`. */
  readonly status: BotStatus;
  /** The features as JSON text; stored as given, since the old table holds text. */
  readonly featuresJson: string;
  readonly registeredAtMs: number;
  readonly lastSeenMs: number;
  /** When it came into this status. */
  readonly statusSinceMs: number;
  /** When its process started; with the pid this is the process's identity. */
  readonly startedAtMs?: number | null;
  /** Whether the monitor ever saw that process itself: only a process that was seen can be found dead. */
  readonly processSeen?: boolean;
  readonly restarts?: number;
  readonly version?: string | null;
  /** How often it says that it beats. */
  readonly intervalS?: number | null;
}

/** A bot as the store knows it. What a Python monitor wrote lacks what its table has no column for: null, not invented. */
export interface StoredBot {
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
  /** `python`: the old table was changed by a Python monitor after our last write, or we never wrote this bot. */
  readonly origin: "monitor" | "python";
}

export const botColumns: readonly Column<BotRecord>[] = [
  { field: "channel", kind: "text", get: (row) => row.channel },
  { field: "status", kind: "status", get: (row) => row.status },
  { field: "featuresJson", kind: "text", get: (row) => row.featuresJson },
  { field: "version", kind: "text", nullable: true, get: (row) => row.version },
  { field: "pid", kind: "count", get: (row) => row.pid },
  { field: "registeredAtMs", kind: "time", get: (row) => row.registeredAtMs },
  { field: "lastSeenMs", kind: "time", get: (row) => row.lastSeenMs },
  { field: "statusSinceMs", kind: "time", get: (row) => row.statusSinceMs },
  { field: "startedAtMs", kind: "time", nullable: true, get: (row) => row.startedAtMs },
  { field: "processSeen", kind: "flag", nullable: true, get: (row) => row.processSeen },
  { field: "restarts", kind: "count", nullable: true, get: (row) => row.restarts },
  { field: "intervalS", kind: "amount", nullable: true, get: (row) => row.intervalS },
];

/** A status as an old row may spell it; what is not known counts as `offline`: it asserts nothing about a live process. */
export function statusFromText(text: unknown): BotStatus {
  return botStatuses.find((status) => status === text) ?? "offline";
}
