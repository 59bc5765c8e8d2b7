import type { StoredAlert, StoredNotice, StoredTell } from "./alert.js";
import { StoreError } from "./error.js";
import { integerOf, textOf, timeOf } from "./period.js";

/** Alerts that still need work, with what each receiver knows of them. */
export interface OpenAlerts {
  /**
   * Open alerts, and closed ones whose end a receiver has not heard or that a notice being sent
   * mentions. Oldest first.
   */
  readonly alerts: readonly StoredAlert[];
  /** Of these alerts. */
  readonly tells: readonly StoredTell[];
  /** Those on their way. */
  readonly notices: readonly StoredNotice[];
}

/** The newest first, by `openedMs` and then by `alertId`. */
export interface AlertQuery {
  readonly alertId?: string;
  readonly subject?: string;
  readonly rule?: string;
  /** Only alerts that opened at or after this time. */
  readonly fromMs?: number;
  /** Only alerts that opened before this time. */
  readonly toMs?: number;
  /** Only alerts that closed at or after this time. */
  readonly closedFromMs?: number;
  /** Only alerts after this one in the order: the last of the page before. */
  readonly after?: { readonly openedMs: number; readonly alertId: string };
  /** 1 to 10 000; 100 when absent. */
  readonly limit?: number;
}

export interface AlertHistory {
  readonly alerts: readonly StoredAlert[];
  /** Of these alerts. */
  readonly tells: readonly StoredTell[];
}

/** The newest first, by `madeMs` and then by `noticeId`. */
export interface NoticeQuery {
  readonly receiver?: string;
  /** Only notices that say something of this alert. */
  readonly alertId?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly after?: { readonly madeMs: number; readonly noticeId: string };
  /** 1 to 1 000; 100 when absent. */
  readonly limit?: number;
}

export interface SilenceQuery {
  /** Only silences that were to end at or after this time. */
  readonly fromMs?: number;
}

export interface AlertPlan {
  readonly alertId: string | undefined;
  readonly subject: string | undefined;
  readonly rule: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly closedFromMs: number | null;
  readonly after: { readonly openedMs: number; readonly alertId: string } | null;
  readonly limit: number;
}

export interface NoticePlan {
  readonly receiver: string | undefined;
  readonly alertId: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly after: { readonly madeMs: number; readonly noticeId: string } | null;
  readonly limit: number;
}

export function planAlerts(query: AlertQuery): AlertPlan {
  return {
    alertId: textOf("alertId", query.alertId),
    subject: textOf("subject", query.subject),
    rule: textOf("rule", query.rule),
    ...boundsOf(query),
    closedFromMs: query.closedFromMs === undefined ? null : timeOf("closedFromMs", query.closedFromMs),
    after: afterOf(query.after, "openedMs", "alertId"),
    limit: integerOf("limit", query.limit, 100, 10_000),
  };
}

export function planNotices(query: NoticeQuery): NoticePlan {
  return {
    receiver: textOf("receiver", query.receiver),
    alertId: textOf("alertId", query.alertId),
    ...boundsOf(query),
    after: afterOf(query.after, "madeMs", "noticeId"),
    limit: integerOf("limit", query.limit, 100, 1_000),
  };
}

export function planSilences({ fromMs }: SilenceQuery): number {
  return fromMs === undefined ? 0 : timeOf("fromMs", fromMs);
}

function boundsOf({ fromMs, toMs }: Pick<AlertQuery, "fromMs" | "toMs">) {
  return {
    fromMs: fromMs === undefined ? 0 : timeOf("fromMs", fromMs),
    toMs: toMs === undefined ? Number.MAX_SAFE_INTEGER : timeOf("toMs", toMs),
  };
}

function afterOf<Time extends string, Id extends string>(
  after: { readonly [Name in Time | Id]: unknown } | undefined,
  time: Time,
  id: Id,
): ({ readonly [Name in Time]: number } & { readonly [Name in Id]: string }) | null {
  if (after === undefined) return null;
  if (typeof after !== "object" || after === null || typeof after[id] !== "string")
    throw new StoreError("invalid_query", `after: expected an object with ${time} and ${id}`);
  const place = { [time]: timeOf(`after.${time}`, after[time] as number), [id]: after[id] };
  return place as { readonly [Name in Time]: number } & { readonly [Name in Id]: string };
}

/** The alerts that a notice is about; a text that is no such list is about none. */
export function alertIdsIn(itemsJson: string): string[] {
  try {
    const items: unknown = JSON.parse(itemsJson);
    if (!Array.isArray(items)) return [];
    return items.flatMap((item: unknown) => {
      const id = (item as { alert_id?: unknown } | null)?.alert_id;
      return typeof id === "string" ? [id] : [];
    });
  } catch {
    return [];
  }
}
