export const periodKinds = ["day", "week", "month"] as const;
export type PeriodKind = (typeof periodKinds)[number];

/** From midnight to midnight, Unix milliseconds; `toMs` is not included. */
export interface LocalPeriod {
  readonly kind: PeriodKind;
  /** `2026-11-26`, `2026-W48` or `2026-11`. */
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export const dayMs = 86_400_000;
/** No zone is further from UTC, and none shifts by more at once. */
const furthestMs = 26 * 3_600_000;
const mostStarts = 100;

/**
 * Days, weeks from Monday and months of one zone, also where clocks change and midnight is missing.
 */
export class LocalCalendar {
  readonly #format: Intl.DateTimeFormat;
  /** When days begin: each costs some fifty questions to the zone. */
  readonly #starts = new Map<number, number>();

  /** Throws where there is no such zone. */
  constructor(timezone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "numeric",
      day: "numeric",
    });
  }

  /** The period that this moment belongs to. */
  periodAt(ms: number, kind: PeriodKind): LocalPeriod {
    const [first, next, name] = daysOf(this.#dayAt(ms), kind);
    const [fromMs, toMs] = [this.#startOf(first), this.#startOf(next)];
    // Where the clock is set back over midnight, the first of both midnights is still the old
    // day's.
    if (ms < fromMs) return this.periodAt(fromMs - 1, kind);
    if (ms >= toMs) return this.periodAt(toMs, kind);
    return { kind, name, fromMs, toMs };
  }

  /** Days since 1970-01-01 by the calendar on the wall. */
  #dayAt(ms: number): number {
    const [month = 1, day = 1, year = 1970] = this.#format.format(ms).split("/").map(Number);
    return Date.UTC(year, month - 1, day) / dayMs;
  }

  /** The first moment that no earlier day has. */
  #startOf(day: number): number {
    const known = this.#starts.get(day);
    if (known !== undefined) return known;
    let [before, at] = [day * dayMs - furthestMs, day * dayMs + furthestMs];
    while (at - before > 1) {
      const middle = Math.floor((before + at) / 2);
      if (this.#dayAt(middle) < day) before = middle;
      else at = middle;
    }
    if (this.#starts.size >= mostStarts) this.#starts.clear();
    this.#starts.set(day, at);
    return at;
  }
}

function daysOf(day: number, kind: PeriodKind): readonly [first: number, next: number, name: string] {
  const date = new Date(day * dayMs);
  if (kind === "day") return [day, day + 1, date.toISOString().slice(0, 10)];
  const year = date.getUTCFullYear();
  if (kind === "month") {
    const month = date.getUTCMonth();
    const [first, next] = [Date.UTC(year, month) / dayMs, Date.UTC(year, month + 1) / dayMs];
    return [first, next, date.toISOString().slice(0, 7)];
  }
  // 1970-01-01 was a Thursday; a week belongs to the year of its Thursday.
  const monday = day - ((((day + 3) % 7) + 7) % 7);
  const thursdayYear = new Date((monday + 3) * dayMs).getUTCFullYear();
  const week = Math.floor((monday + 3 - Date.UTC(thursdayYear, 0) / dayMs) / 7) + 1;
  return [monday, monday + 7, `${thursdayYear}-W${String(week).padStart(2, "0")}`];
}
