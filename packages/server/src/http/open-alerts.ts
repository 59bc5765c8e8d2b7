import { type Episode, severityRank } from "../alerts/episode.js";
import { ApiError } from "./api-error.js";

/** The position of an alert in the order: worst first, then oldest. */
interface Place {
  readonly rank: number;
  readonly openedMs: number;
  readonly alertId: string;
}

/** Some of the open alerts, and how to ask for the next ones. */
export interface OpenPage {
  readonly alerts: readonly Episode[];
  /** How many there are on all pages. */
  readonly total: number;
  /** What `after` is to be for the next page; null where this is the last one. */
  readonly next: string | null;
}

/**
 * A page of the open alerts behind a place: the worst first, then the oldest. One that opens or
 * ends meanwhile moves no other to another page.
 */
export function openPage(open: readonly Episode[], after: string | undefined, limit: number): OpenPage {
  const from = after === undefined ? null : placeFrom(after);
  const sorted = open
    .map((alert) => ({ alert, place: placeOf(alert) }))
    .sort((a, b) => compared(a.place, b.place));
  const rest = from === null ? sorted : sorted.filter(({ place }) => compared(place, from) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next = rest.length > page.length && last !== undefined ? textOf(last.place) : null;
  return { alerts: page.map(({ alert }) => alert), total: open.length, next };
}

function placeOf({ severity, openedMs, alertId }: Episode): Place {
  return { rank: severityRank(severity), openedMs, alertId };
}

function compared(a: Place, b: Place): number {
  const byTime = b.rank - a.rank || a.openedMs - b.openedMs;
  return byTime || (a.alertId < b.alertId ? -1 : a.alertId > b.alertId ? 1 : 0);
}

function textOf({ rank, openedMs, alertId }: Place): string {
  return `${rank}.${openedMs}.${alertId}`;
}

function placeFrom(text: string): Place {
  const [, rank, openedMs, alertId] = /^(\d)\.(\d{1,16})\.(\S{1,256})$/.exec(text) ?? [];
  if (alertId === undefined)
    throw new ApiError("invalid_parameter", "after: expected the next of an answer before");
  return { rank: Number(rank), openedMs: Number(openedMs), alertId };
}
