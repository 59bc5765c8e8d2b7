import type { CauseCode } from "./cause-code.js";
import { integerOf, textOf } from "./period.js";
import { declareRecord, type RowOf, type StoredRowOf } from "./record.js";

export const botRecord = declareRecord("bots", {
  channel: {
    kind: "text",
    wire: "channel",
    columns: { monitor_bots: "channel TEXT NOT NULL", bot_status: "channel TEXT NOT NULL" },
    get: (row) => row.channel,
  },
  pid: {
    kind: "count",
    wire: "pid",
    columns: { monitor_bots: "pid INTEGER NOT NULL", bot_status: "pid INTEGER NOT NULL" },
    get: (row) => row.pid,
  },
  /**
   * The true status. The old table `bot_status` says the same, unless the batch is
   * `markOldStatusOffline`.
   */
  status: {
    kind: "status",
    columns: { monitor_bots: "status TEXT NOT NULL", bot_status: "status TEXT NOT NULL" },
    get: (row) => row.status,
  },
  /** The features as JSON text; stored as given, since the old table holds text. */
  featuresJson: {
    kind: "text",
    columns: { monitor_bots: "features_json TEXT NOT NULL", bot_status: "features_json TEXT NOT NULL" },
    get: (row) => row.featuresJson,
  },
  registeredAtMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_bots: "registered_at_ms INTEGER NOT NULL", bot_status: "registered_at TEXT NOT NULL" },
    get: (row) => row.registeredAtMs,
  },
  lastSeenMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_bots: "last_seen_ms INTEGER NOT NULL", bot_status: "last_seen TEXT NOT NULL" },
    get: (row) => row.lastSeenMs,
  },
  /** When it came into this status. */
  statusSinceMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_bots: "status_since_ms INTEGER NOT NULL" },
    get: (row) => row.statusSinceMs,
  },
  /** Why it is in this status, as in the status history. */
  cause: {
    kind: "text",
    nullable: true,
    columns: { monitor_bots: "cause TEXT" },
    get: (row) => row.cause,
  },
  causeCode: {
    kind: "text",
    nullable: true,
    columns: { monitor_bots: "cause_code TEXT" },
    get: (row) => row.causeCode,
  },
  previousPid: {
    kind: "count",
    nullable: true,
    columns: { monitor_bots: "previous_pid INTEGER" },
    get: (row) => row.previousPid,
  },
  livedMs: {
    kind: "amount",
    nullable: true,
    unit: "ms",
    columns: { monitor_bots: "lived_ms REAL" },
    get: (row) => row.livedMs,
  },
  /** When its process started; with the pid this is the process's identity. */
  startedAtMs: {
    kind: "time",
    nullable: true,
    wire: "started_at",
    unit: "ms",
    columns: { monitor_bots: "started_at_ms INTEGER" },
    get: (row) => row.startedAtMs,
  },
  /**
   * Whether the bot itself reported the start of its process; false if it came only from a look at
   * the pid, which in another pid namespace may belong to a stranger. Null in rows of older
   * versions.
   */
  startTold: {
    kind: "flag",
    nullable: true,
    columns: { monitor_bots: "start_told INTEGER" },
    get: (row) => row.startTold,
  },
  /**
   * Whether the monitor ever saw that process itself: only a process that was seen can be found
   * dead.
   */
  processSeen: {
    kind: "flag",
    nullable: true,
    unset: 0,
    columns: { monitor_bots: "process_seen INTEGER NOT NULL" },
    get: (row) => row.processSeen,
  },
  restarts: {
    kind: "count",
    nullable: true,
    unset: 0,
    columns: { monitor_bots: "restarts INTEGER NOT NULL" },
    get: (row) => row.restarts,
  },
  /** The last CPU and memory that were known, 100 being one core. */
  lastCpuPct: {
    kind: "amount",
    nullable: true,
    unit: "%",
    columns: { monitor_bots: "last_cpu_pct REAL" },
    get: (row) => row.lastCpuPct,
  },
  lastRssMb: {
    kind: "amount",
    nullable: true,
    unit: "MiB",
    columns: { monitor_bots: "last_rss_mb REAL" },
    get: (row) => row.lastRssMb,
  },
  version: {
    kind: "text",
    nullable: true,
    wire: "version",
    columns: { monitor_bots: "version TEXT" },
    get: (row) => row.version,
  },
  /** How often it says that it beats. */
  intervalS: {
    kind: "amount",
    nullable: true,
    wire: "interval_s",
    unit: "s",
    columns: { monitor_bots: "interval_s REAL" },
    get: (row) => row.intervalS,
  },
  /** Why it does not work although it is alive, in its own words. */
  trouble: {
    kind: "text",
    nullable: true,
    wire: "trouble",
    columns: { monitor_bots: "trouble TEXT" },
    get: (row) => row.trouble,
  },
  troubleSinceMs: {
    kind: "time",
    nullable: true,
    unit: "ms",
    columns: { monitor_bots: "trouble_since_ms INTEGER" },
    get: (row) => row.troubleSinceMs,
  },
});

type BotFields = typeof botRecord.fields;

/** The state of one bot, written whole: the newest record of a channel replaces the one before. */
export interface BotRecord extends RowOf<BotFields> {}

/**
 * A bot as the store knows it. What a Python monitor wrote lacks what its table has no column for:
 * null, not invented.
 */
export interface StoredBot extends Omit<StoredRowOf<BotFields>, "statusSinceMs" | "causeCode"> {
  readonly statusSinceMs: number | null;
  /** If the row has only a sentence, its code; null if it has no cause. */
  readonly causeCode: CauseCode | null;
  /**
   * `python`: the old table was changed by a Python monitor after our last write, or we never wrote
   * this bot.
   */
  readonly origin: "monitor" | "python";
}

export interface FleetPageQuery {
  /** The page after this one: `next` of the page before. Absent or null: the first. */
  readonly after?: string | null;
  /** How many bots a page has, but for the last; 1 to 10 000. */
  readonly limit: number;
}

export interface FleetPage {
  /** In an order of the store's choice; no channel is on two pages. */
  readonly bots: readonly StoredBot[];
  /** Null on the last page. */
  readonly next: string | null;
}

export interface FleetPagePlan {
  readonly after: string | null;
  readonly limit: number;
}

const maxPageBots = 10_000;

export function planFleetPage({ after = null, limit }: FleetPageQuery): FleetPagePlan {
  return {
    after: textOf("after", after ?? undefined) ?? null,
    limit: integerOf("limit", limit, maxPageBots, maxPageBots),
  };
}
