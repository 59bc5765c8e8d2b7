import { StoreError } from "./error.js";
import type { LlmUsageFields } from "./llm-usage.js";
import { integerOf, type Period, periodOf, textOf } from "./period.js";
import type { StoredRowOf } from "./record.js";
import { maxTimestampMs } from "./timestamp.js";

/** One LLM call as it was stored. What the bot did not say is null. */
export interface StoredUsage extends StoredRowOf<LlmUsageFields> {
  /** Grows with every call that is stored. */
  readonly id: number;
}

/** Where a page of calls ended, and which call was the last one when the first page was read. */
export interface UsageCursor {
  readonly afterId: number;
  readonly lastId: number;
}

/** Calls in the order in which they were stored. */
export interface UsagePageQuery extends Partial<Period> {
  readonly channel?: string;
  /** `next` of the page before. Absent or null: the first. */
  readonly after?: UsageCursor | null;
  /** How many stored calls are looked at, and thus the most that a page can have; 1 to 100 000. */
  readonly limit: number;
}

/**
 * All pages together have each call of the period once that is stored when the first page is read.
 * Calls stored later are on none.
 */
export interface UsagePage {
  /** May be empty although pages follow: then no call of this part matched. */
  readonly rows: readonly StoredUsage[];
  /** Null on the last page. */
  readonly next: UsageCursor | null;
}

export interface UsagePagePlan extends Period {
  readonly channel: string | undefined;
  readonly afterId: number;
  /** Null: as it is now. */
  readonly lastId: number | null;
  readonly limit: number;
}

const maxPageRows = 100_000;

export function planUsagePage(query: UsagePageQuery): UsagePagePlan {
  const { fromMs = 0, toMs = maxTimestampMs, after = null } = query;
  return {
    ...periodOf({ fromMs, toMs }),
    channel: textOf("channel", query.channel),
    afterId: after === null ? 0 : idOf("after.afterId", after.afterId),
    lastId: after === null ? null : idOf("after.lastId", after.lastId),
    limit: integerOf("limit", query.limit, maxPageRows, maxPageRows),
  };
}

function idOf(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new StoreError("invalid_query", `${name}: expected the cursor of the page before`);
}
