import type { Route } from "../frame/route.js";
import { type Api, ApiFailure } from "../link/api.js";
import { listOf, timeOf } from "../link/summary.js";
import { restOf, totalOf, type UsageRow, type UsageSum, usageFrom } from "./llm-usage.js";
import { dayPieces, daysBeforeMs, localDay, type OffsetMin } from "./local-days.js";

export const groupings = ["model", "feature", "channel", "day", "hour"] as const;
export type Grouping = (typeof groupings)[number];

export const measures = ["cost", "tokens", "calls"] as const;
export type Measure = (typeof measures)[number];

/**
 * The periods to choose from by their name in the URL, with how many days of the zone they have; 0
 * is 24 hours.
 */
export const periods = { "24h": 0, today: 1, "7d": 7, "30d": 30 } as const;
export type Period = keyof typeof periods;

const dayMs = 86_400_000;

/** So many groups are shown. */
const mostRows = 100;

export interface UsageQuestion {
  readonly by: Grouping;
  readonly period: Period;
  readonly measure: Measure;
}

/** What nobody knows is the default. */
export function questionFrom({ by, range, sort }: Pick<Route, "by" | "range" | "sort">): UsageQuestion {
  return {
    by: groupings.find((one) => one === by) ?? "model",
    period: (Object.keys(periods) as Period[]).find((one) => one === range) ?? "24h",
    measure: measures.find((one) => one === sort) ?? "cost",
  };
}

export interface UsageAnswer extends UsageQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  /** The largest first; days and hours the newest first. */
  readonly rows: readonly UsageRow[];
  /** What is in no row. */
  readonly rest: UsageSum | null;
  readonly total: UsageSum;
  /**
   * Models without a price, as the API names them, with why and the line of the config that settles
   * it.
   */
  readonly unpriced: readonly Json[];
  /** Whether it is of this host alone, as the database of all hosts does not answer. */
  readonly isLocal: boolean;
  /** Whether days are those of UTC, as the monitor cannot tell those of the zone. */
  readonly isUtc: boolean;
}

type Json = Readonly<Record<string, unknown>>;

interface Place {
  readonly api: Pick<Api, "ask">;
  readonly nowMs: number;
  readonly offsetMin: OffsetMin;
  readonly signal: AbortSignal;
}

/** Rows and rest of each grouping come to the same total. Rejects as the API does. */
export async function askUsage(question: UsageQuestion, place: Place): Promise<UsageAnswer> {
  const { by, period, measure } = question;
  const { nowMs, offsetMin } = place;
  const days = periods[period];
  const span = {
    fromMs: days === 0 ? nowMs - dayMs : daysBeforeMs(nowMs, days, offsetMin),
    toMs: nowMs,
  };
  const whole = askWhole(span, place);
  const order = by === "hour" ? "time" : measure === "cost" ? "cost_usd" : measure;
  const top = by === "hour" ? 1_000 : mostRows;
  const groups =
    by === "day" ? dayRows(span, place) : ask(`group_by=${by}&order_by=${order}&top=${top}`, span, place);
  const [found, { total: all, unpriced, isLocal }] = await Promise.all([groups, whole]);
  const { fromMs, rows, isTruncated, isUtc } = {
    fromMs: span.fromMs,
    isTruncated: false,
    isUtc: false,
    ...found,
  };
  // A call may have come between the answers: the sums are of one of them where that is possible.
  const total = isTruncated ? all : { ...totalOf(rows), latenciesMs: all.latenciesMs };
  return {
    ...question,
    fromMs,
    toMs: nowMs,
    isUtc,
    total,
    unpriced,
    isLocal,
    rest: restOf(total, rows),
    rows: by === "hour" ? [...rows].reverse() : rows,
  };
}

/** Why answers are of this host alone. */
export const awayText = "the fleet database is away";

export interface Today {
  /** Whether it is of this host alone, as the database of all hosts does not answer. */
  readonly isLocal: boolean;
  readonly today: UsageSum;
  /** Of the day before, up to the same time after its midnight. */
  readonly yesterday: UsageSum;
}

/** What all calls of today came to, and of yesterday by this time. */
export async function askToday(place: Place): Promise<Today> {
  const { nowMs, offsetMin } = place;
  const [startMs, beforeMs] = [1, 2].map((days) => daysBeforeMs(nowMs, days, offsetMin)) as [number, number];
  const [today, yesterday] = await Promise.all([
    askWhole({ fromMs: startMs, toMs: nowMs }, place),
    askWhole({ fromMs: beforeMs, toMs: beforeMs + nowMs - startMs }, place),
  ]);
  if (today.isLocal !== yesterday.isLocal) throw new Error(awayText);
  return { today: today.total, yesterday: yesterday.total, isLocal: today.isLocal };
}

/** What the calls of this host's bots came to in the last 24 hours, by channel. */
export async function askByChannel(place: Place): Promise<ReadonlyMap<string, UsageSum>> {
  const span = { fromMs: place.nowMs - dayMs, toMs: place.nowMs };
  const { rows } = await ask("scope=local&group_by=channel&order_by=calls&top=10000", span, place);
  return new Map(rows.map((row) => [row.channel, row]));
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

async function ask(query: string, { fromMs, toMs }: Span, { api, signal }: Place) {
  const [from, to] = [fromMs, toMs].map((ms) => encodeURIComponent(new Date(ms).toISOString()));
  const json = await api.ask(`api/v1/llm-usage?from=${from}&to=${to}&${query}`, signal);
  // Of days whose single calls are deleted, the monitor tells whole hours.
  return {
    ...usageFrom(json),
    unpriced: listOf(json["unpriced"]),
    isLocal: json["scope"] === "local",
    fromMs: timeOf(json["from"]) ?? fromMs,
  };
}

/** All calls together, and the models that have no price. */
async function askWhole(span: Span, place: Place) {
  const { rows, unpriced, isLocal } = await ask("", span, place);
  return { total: totalOf(rows), unpriced, isLocal };
}

/** Each day of the zone once, the newest first. */
async function dayRows(span: Span, place: Place): Promise<Pick<UsageAnswer, "rows" | "isUtc">> {
  const byDay = "group_by=day";
  try {
    const pieces = dayPieces(span.fromMs, span.toMs, place.offsetMin);
    const found = await Promise.all(
      pieces.map(async (piece) => {
        const offset = piece.offsetMin === 0 ? "" : `&offset_min=${piece.offsetMin}`;
        const { rows } = await ask(`${byDay}${offset}`, piece, place);
        return piece.dayMs === null ? rows : rows.map((row) => ({ ...row, tsMs: piece.dayMs }));
      }),
    );
    return { rows: merged(found.flat(), (ms) => localDay(ms, place.offsetMin)), isUtc: false };
  } catch (error) {
    // Days of another zone need the single calls, which may be deleted already.
    if (!(error instanceof ApiFailure) || error.status !== 400) throw error;
    const { rows } = await ask(byDay, span, place);
    return { rows: merged(rows, (ms) => ms), isUtc: true };
  }
}

function merged(rows: readonly UsageRow[], dayOf: (ms: number) => number): readonly UsageRow[] {
  const days = new Map<number, UsageRow[]>();
  for (const row of rows) {
    const day = dayOf(row.tsMs ?? 0);
    days.set(day, [...(days.get(day) ?? []), row]);
  }
  return [...days.values()]
    .map((parts) => ({ ...(parts[0] as UsageRow), ...totalOf(parts) }))
    .sort((a, b) => (b.tsMs ?? 0) - (a.tsMs ?? 0));
}

export function measureOf(sum: UsageSum, measure: Measure): number | null {
  if (measure === "cost") return sum.costUsd;
  if (measure === "calls") return sum.calls;
  const { tokensIn, tokensOut } = sum;
  return tokensIn === null && tokensOut === null ? null : (tokensIn ?? 0) + (tokensOut ?? 0);
}
