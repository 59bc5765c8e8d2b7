import type { BotStatus } from "./bot.js";
import type { Column } from "./column.js";
import { integerOf, textOf, timeOf } from "./period.js";

/** One step in a bot's life. `from` is null for a bot's first. */
export interface StatusChange {
  readonly tsMs: number;
  readonly channel: string;
  readonly pid: number;
  readonly from: BotStatus | null;
  readonly to: BotStatus;
  /** Why, in a few words of the writer's choice. */
  readonly cause: string;
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

export const statusChangeColumns: readonly Column<StatusChange>[] = [
  { field: "channel", kind: "text", get: (row) => row.channel },
  { field: "from", kind: "status", nullable: true, get: (row) => row.from },
  { field: "to", kind: "status", get: (row) => row.to },
  { field: "cause", kind: "text", get: (row) => row.cause },
  { field: "tsMs", kind: "time", get: (row) => row.tsMs },
  { field: "pid", kind: "count", get: (row) => row.pid },
];

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
