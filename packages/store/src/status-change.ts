import type { BotStatus } from "./bot-status.js";
import { integerOf, textOf, timeOf } from "./period.js";
import { declareRecord, type RowOf } from "./record.js";

export const statusChangeRecord = declareRecord("statusChanges", {
  tsMs: {
    kind: "time",
    unit: "ms",
    columns: { monitor_status_history: "ts_ms INTEGER NOT NULL" },
    get: (row) => row.tsMs,
  },
  channel: {
    kind: "text",
    columns: { monitor_status_history: "channel TEXT NOT NULL" },
    get: (row) => row.channel,
  },
  pid: { kind: "count", columns: { monitor_status_history: "pid INTEGER NOT NULL" }, get: (row) => row.pid },
  from: {
    kind: "status",
    nullable: true,
    columns: { monitor_status_history: "from_status TEXT" },
    get: (row) => row.from,
  },
  to: {
    kind: "status",
    columns: { monitor_status_history: "to_status TEXT NOT NULL" },
    get: (row) => row.to,
  },
  /** Why, in a few words of the writer's choice. */
  cause: {
    kind: "text",
    columns: { monitor_status_history: "cause TEXT NOT NULL" },
    get: (row) => row.cause,
  },
});

type StatusChangeFields = typeof statusChangeRecord.fields;

/** One step in a bot's life. `from` is null for a bot's first. */
export interface StatusChange extends Omit<RowOf<StatusChangeFields>, "from"> {
  readonly from: BotStatus | null;
}

export interface StoredStatusChange extends StatusChange {
  /** Grows with every change; the cursor of the next page. */
  readonly id: number;
}

/** Newest first by id, which is the order in which they were written. */
export interface StatusHistoryQuery {
  readonly channel?: string;
  /** Only changes at or after this time. */
  readonly fromMs?: number;
  /** Only changes before this time. */
  readonly toMs?: number;
  /** Only changes with a smaller id: the `id` of the last row of the page before. */
  readonly beforeId?: number;
  /** 1 to 10 000; 100 when absent. */
  readonly limit?: number;
}

/** A checked question: every bound there, so that an answer is one comparison each. */
export interface HistoryPlan {
  readonly channel: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly beforeId: number;
  readonly limit: number;
}

export function planHistory(query: StatusHistoryQuery): HistoryPlan {
  return {
    channel: textOf("channel", query.channel),
    fromMs: query.fromMs === undefined ? 0 : timeOf("fromMs", query.fromMs),
    toMs: query.toMs === undefined ? Number.MAX_SAFE_INTEGER : timeOf("toMs", query.toMs),
    beforeId: integerOf("beforeId", query.beforeId, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    limit: integerOf("limit", query.limit, 100, 10_000),
  };
}
