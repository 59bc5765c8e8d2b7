import type { Budget } from "./budget.js";
import { dayMs, LocalCalendar, type LocalPeriod } from "./local-calendar.js";
import { type CallSums, PeriodSpend, type Spend } from "./spend.js";

/** Sums are added up in binary: a budget of $1 is spent by ten calls of $0.10. */
const roundingShare = 1e-9;
/** Days before today that the forecast averages. */
const meanDays = 7;
/** No forecast before this share of the period is over. */
const forecastShare = 0.2;

/**
 * What one budget came to: for each key (null counts as `""`: all together) in the period that
 * runs, the one before and the next, and for the forecast on each of the last days.
 */
export class MeteredBudget {
  readonly budget: Budget;
  readonly #calendar: LocalCalendar;
  readonly #maxKeys: number;
  readonly #limits: readonly number[];
  #current: PeriodSpend;
  #others: readonly PeriodSpend[] = [];
  #days: readonly PeriodSpend[] = [];
  /** Until when `#days` are those before today. */
  #today: LocalPeriod;
  #nowMs: number;
  #isTorn = false;

  /** Throws where the zone is none. */
  constructor(budget: Budget, nowMs: number, maxKeys: number) {
    this.budget = budget;
    this.#calendar = new LocalCalendar(budget.timezone);
    this.#maxKeys = maxKeys;
    this.#limits = budget.steps.map((step) => (budget.usd * step) / 100);
    this.#nowMs = nowMs;
    this.#current = this.#spendIn(this.#calendar.periodAt(nowMs, budget.per));
    this.#today = this.#calendar.periodAt(nowMs, "day");
    this.#turnOver(nowMs);
  }

  /** The period that runs. */
  get current(): PeriodSpend {
    return this.#current;
  }

  /** The clock went to a period of which nothing is known. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  /** That one, and those beside it. */
  get periods(): readonly PeriodSpend[] {
    return [this.#current, ...this.#others];
  }

  /** The time goes on: periods begin and are forgotten. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    const isSame = this.#current.has(nowMs) && nowMs >= this.#today.fromMs && nowMs < this.#today.toMs;
    if (!isSame) this.#turnOver(nowMs);
  }

  /**
   * Adds what calls of one moment came to, in the period that they belong to. `isNew`: they were
   * just reported.
   */
  add(key: string, tsMs: number, sums: CallSums, isNew: boolean): void {
    const period = this.#current.has(tsMs) ? this.#current : this.#others.find((one) => one.has(tsMs));
    if (period !== undefined) this.#addTo(period, key, sums, isNew);
    if (sums.usd > 0)
      this.#days
        .find((day) => day.has(tsMs))
        ?.spendOf(key)
        ?.add(sums);
  }

  /** What will have been spent at the period's end; null while too little of it is over. */
  forecast(key: string, spentUsd: number): number | null {
    const { fromMs, toMs } = this.#current.period;
    if (this.#nowMs - fromMs < forecastShare * (toMs - fromMs)) return null;
    let usd = 0;
    for (const { period, spends } of this.#days)
      if (period.toMs <= this.#today.fromMs) usd += spends.get(key)?.usd ?? 0;
    return spentUsd + (usd / meanDays) * Math.max(0, (toMs - this.#nowMs) / dayMs);
  }

  /**
   * Where sums of one stretch between two of these moments never belong to two periods or days.
   * Today is always a stretch of its own, so few calls are asked for while calls are held back.
   */
  get cuts(): readonly number[] {
    const periods = [...this.periods, ...this.#days].map(({ period }) => period);
    const all = [...periods, this.#today].flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
    return [...new Set(all)].sort((a, b) => a - b);
  }

  #addTo(period: PeriodSpend, key: string, sums: CallSums, isNew: boolean): void {
    const spend = period.spendOf(key);
    if (spend === null) return;
    spend.add(sums);
    const step = this.#stepOf(spend);
    if (step === spend.step) return;
    spend.step = step;
    spend.passedMs = isNew ? this.#nowMs : null;
    period.passed.add(key);
  }

  #stepOf({ usd, step }: Spend): number {
    let passed = step;
    for (;;) {
      const next = this.#limits[passed + 1];
      if (next === undefined || usd < next * (1 - roundingShare)) return passed;
      passed++;
    }
  }

  #turnOver(nowMs: number): void {
    const { per, forecast } = this.budget;
    const current = this.#calendar.periodAt(nowMs, per);
    const previous = this.#calendar.periodAt(current.fromMs - 1, per);
    const next = this.#calendar.periodAt(current.toMs, per);
    const kept = (period: LocalPeriod, from: readonly PeriodSpend[]) =>
      from.find((one) => one.period.fromMs === period.fromMs && one.period.kind === period.kind) ??
      this.#spendIn(period);
    const before = this.periods;
    this.#isTorn ||= !before.some(({ period }) => period.fromMs === current.fromMs);
    this.#current = kept(current, before);
    this.#others = [kept(previous, before), kept(next, before)];
    this.#today = this.#calendar.periodAt(nowMs, "day");
    if (!forecast) return;
    const days: LocalPeriod[] = [this.#calendar.periodAt(this.#today.toMs, "day"), this.#today];
    while (days.length < meanDays + 2)
      days.push(this.#calendar.periodAt((days.at(-1) as LocalPeriod).fromMs - 1, "day"));
    this.#days = days.map((day) => kept(day, this.#days));
  }

  #spendIn(period: LocalPeriod): PeriodSpend {
    return new PeriodSpend(period, this.#maxKeys);
  }
}
