import { type BotStatus, botStatuses } from "./bot-status.js";
import { type CauseCode, causeCodes } from "./cause-code.js";
import { StoreError } from "./error.js";
import { integerOf, textOf, timeOf } from "./period.js";
import { declareRecord, type RowOf, type StoredRowOf } from "./record.js";

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
  /** Why, for programs: a word of `causeCodes`. */
  causeCode: {
    kind: "text",
    nullable: true,
    columns: { monitor_status_history: "cause_code TEXT" },
    get: (row) => row.causeCode,
  },
  /** The process that this one replaced. */
  previousPid: {
    kind: "count",
    nullable: true,
    columns: { monitor_status_history: "previous_pid INTEGER" },
    get: (row) => row.previousPid,
  },
  /** How long the process lived that ended so. */
  livedMs: {
    kind: "amount",
    nullable: true,
    unit: "ms",
    columns: { monitor_status_history: "lived_ms REAL" },
    get: (row) => row.livedMs,
  },
  /** In a row about trouble, not status: the text of the bot; null when the trouble ended. */
  trouble: {
    kind: "text",
    nullable: true,
    columns: { monitor_status_history: "trouble TEXT" },
    get: (row) => row.trouble,
  },
});

type StatusChangeFields = typeof statusChangeRecord.fields;

/**
 * One step in a bot's life. `from` is null for a bot's first, and the same as `to` where its
 * trouble changed and not its status.
 */
export interface StatusChange extends Omit<RowOf<StatusChangeFields>, "from"> {
  readonly from: BotStatus | null;
}

export interface StoredStatusChange
  extends Omit<StoredRowOf<StatusChangeFields>, "from" | "causeCode">,
    Pick<StatusChange, "from"> {
  /** A row without a code gets that of its sentence; `other` if the sentence is unknown. */
  readonly causeCode: CauseCode;
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
  /** Only changes to one of these, so no row of trouble alone; an empty list finds nothing. */
  readonly to?: readonly BotStatus[];
  /**
   * Only changes away from one of these, so neither a bot's first nor a row of trouble alone; an
   * empty list finds nothing.
   */
  readonly from?: readonly BotStatus[];
  /** Only changes with one of these causes; an empty list finds nothing. */
  readonly causes?: readonly CauseCode[];
  /** Only changes with a smaller id: the `id` of the last row of the page before. */
  readonly beforeId?: number;
  /** Only changes with a greater id, after a known row. 0 is before every row. */
  readonly afterId?: number;
  /** 1 to 10 000; 100 when absent. */
  readonly limit?: number;
}

/** A checked question: every bound there, so that an answer is one comparison each. */
export interface HistoryPlan {
  readonly channel: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly to: readonly BotStatus[] | undefined;
  readonly from: readonly BotStatus[] | undefined;
  readonly causes: readonly CauseCode[] | undefined;
  readonly beforeId: number;
  readonly afterId: number;
  readonly limit: number;
}

export function planHistory(query: StatusHistoryQuery): HistoryPlan {
  return {
    channel: textOf("channel", query.channel),
    fromMs: query.fromMs === undefined ? 0 : timeOf("fromMs", query.fromMs),
    toMs: query.toMs === undefined ? Number.MAX_SAFE_INTEGER : timeOf("toMs", query.toMs),
    to: wordsOf("to", query.to, botStatuses),
    from: wordsOf("from", query.from, botStatuses),
    causes: wordsOf("causes", query.causes, causeCodes),
    beforeId: integerOf("beforeId", query.beforeId, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    afterId: query.afterId === 0 ? 0 : integerOf("afterId", query.afterId, 0, Number.MAX_SAFE_INTEGER),
    limit: integerOf("limit", query.limit, 100, 10_000),
  };
}

function wordsOf<Word extends string>(
  name: string,
  words: readonly Word[] | undefined,
  known: readonly Word[],
): readonly Word[] | undefined {
  if (words === undefined) return undefined;
  if (Array.isArray(words) && words.every((word) => known.includes(word))) return [...new Set(words)];
  throw new StoreError("invalid_query", `${name}: expected some of ${known.join(", ")}`);
}
