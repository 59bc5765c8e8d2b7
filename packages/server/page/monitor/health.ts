import { countOf, isRecord, textOf } from "../link/summary.js";

/** How often something happened, by the word of the API for it; the most frequent first. */
export type CountByWord = readonly (readonly [string, number])[];

/** What `/healthz` says beside the summary. */
export interface Health {
  readonly store: { readonly url: string; readonly status: string; readonly detail: string | null };
  readonly committedRows: number;
  /** Rows of usage and custom metrics that wait, and how many may. */
  readonly queueRows: number;
  readonly maxQueueRows: number;
  readonly lines: number;
  /** Lines that are no message, by the reason. */
  readonly rejected: CountByWord;
  /** Messages that were dropped for want of room, by the reason. */
  readonly shed: CountByWord;
}

type Json = Readonly<Record<string, unknown>>;

/** A heartbeat that a newer one replaced; and what a principal may not send. */
const noLosses: ReadonlySet<string> = new Set(["coalesced", "unauthorized", "over_quota"]);

export function healthFrom(json: Json): Health {
  const store = recordOf(json["store"]);
  const queue = recordOf(json["queue"]);
  const lines = recordOf(json["lines"]);
  const shed = new Map<string, number>();
  for (const reasons of Object.values(recordOf(recordOf(json["messages"])["shed"]))) {
    for (const [reason, count] of Object.entries(recordOf(reasons))) {
      if (!noLosses.has(reason)) shed.set(reason, (shed.get(reason) ?? 0) + countOf(count));
    }
  }
  return {
    store: {
      url: textOf(store["url"]) ?? "",
      status: textOf(store["status"]) ?? "",
      detail: textOf(store["detail"]),
    },
    committedRows: countOf(store["committed_rows"]),
    queueRows: countOf(queue["rows"]),
    maxQueueRows: countOf(queue["max_rows"]),
    lines: countOf(lines["lines"]),
    rejected: largestFirst(Object.entries(recordOf(lines["rejected"]))),
    shed: largestFirst([...shed]),
  };
}

function largestFirst(entries: readonly (readonly [string, unknown])[]): CountByWord {
  return entries
    .map(([word, count]) => [word, countOf(count)] as const)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}
