import type { Budget } from "./budget.js";
import type { BudgetMeter, Metered } from "./budget-meter.js";
import type { LocalPeriod } from "./local-calendar.js";
import { type PeriodSpend, Spend } from "./spend.js";

/** How one budget stands, or one key of it. Plain values of one moment. */
export interface BudgetStanding {
  readonly budget: Budget;
  /** `fleet 2026-11`; with `each`, the key behind it. Each period is a subject of its own. */
  readonly subject: string;
  /** The channel, model or feature, with `each`; null: all together. */
  readonly key: string | null;
  readonly period: LocalPeriod;
  readonly spentUsd: number;
  /** What will have been spent at the period's end; null where it is not foretold. */
  readonly forecastUsd: number | null;
  readonly calls: number;
  readonly tokens: number;
  /** The share of the tokens whose cost is known; null where there are none. */
  readonly coverage: number | null;
  /** So little of it is known that the sums are the least that was spent. */
  readonly isAtLeast: boolean;
  /** Index of the highest step that is passed; -1: none. */
  readonly step: number;
  /** When it was passed; null where it was before the monitor's start. */
  readonly passedMs: number | null;
}

/** All that is known of one budget. */
export interface BudgetState {
  readonly budget: Budget;
  readonly period: LocalPeriod;
  /** Whether what was spent before the monitor's start is in it. */
  readonly isKnown: boolean;
  /** The most spent first, at most as many as were asked for. */
  readonly standings: readonly BudgetStanding[];
  readonly keys: number;
}

/** Below this share of tokens with a known cost. */
const sureShare = 0.8;
/** What was passed at a period's end is still said in the next one, for so long. */
const graceMs = 3_600_000;
/** How often the forecasts are made, and how many at a time. */
const forecastEveryMs = 60_000;
const forecastsAtOnce = 500;

interface Sweep {
  readonly metered: Metered;
  readonly current: PeriodSpend;
  readonly left: IterableIterator<[string, Spend]>;
}

/** How the budgets stand: for the rules of the alerts, and for people. */
export class BudgetStandings {
  readonly #meter: Pick<BudgetMeter, "all">;
  readonly #clock: { wallMs(): number };
  readonly #passed = new WeakMap<Spend, BudgetStanding>();
  readonly #expected = new Map<Spend, BudgetStanding>();
  #sweeps: Sweep[] = [];
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(meter: Pick<BudgetMeter, "all">, clock: { wallMs(): number }) {
    this.#meter = meter;
    this.#clock = clock;
  }

  /**
   * Every key that passed a step in the period that runs, or in the one before where that is news.
   * The same object until it passes the next step.
   */
  passed(): readonly BudgetStanding[] {
    const nowMs = this.#clock.wallMs();
    return this.#known().flatMap((metered) =>
      metered.counted.periods.flatMap((period) =>
        [...period.passed].flatMap((key) => {
          const spend = period.spends.get(key);
          if (spend === undefined) return [];
          if (nowMs >= Math.max(period.period.toMs, spend.passedMs ?? 0) + graceMs) return [];
          const known = this.#passed.get(spend);
          if (known?.step === spend.step) return [known];
          const standing = standingOf(metered, period, key, spend);
          this.#passed.set(spend, standing);
          return [standing];
        }),
      ),
    );
  }

  /**
   * Every key whose sum will not suffice, and is not spent yet. To be asked every second: the
   * forecasts are made in pieces.
   */
  expected(): readonly BudgetStanding[] {
    const nowMs = this.#clock.wallMs();
    if (this.#sweeps.length === 0 && Math.abs(nowMs - this.#sweptMs) >= forecastEveryMs) {
      this.#sweptMs = nowMs;
      this.#sweeps = this.#known()
        .filter(({ budget }) => budget.forecast)
        .map((metered) => {
          const { current } = metered.counted;
          return { metered, current, left: current.spends.entries() };
        });
    }
    for (let left = forecastsAtOnce; left > 0 && this.#sweeps.length > 0; left--) this.#foretellNext();
    const known = this.#known();
    for (const [spend, { period, budget, key }] of this.#expected) {
      // Sums that were read anew are others.
      const now = known.find((one) => one.budget === budget)?.counted.current;
      if (now?.spends.get(key ?? "") !== spend || nowMs >= period.toMs) this.#expected.delete(spend);
    }
    return [...this.#expected.values()];
  }

  /** Each budget in the order of the configuration, with so many of its keys. */
  states(mostKeys: number): readonly BudgetState[] {
    return this.#meter.all.map((metered) => {
      const { budget, counted, young } = metered;
      const { period, spends } = counted.current;
      if (young !== null) return { budget, period, isKnown: false, standings: [], keys: 0 };
      if (budget.each === null) {
        const spend = spends.get("") ?? new Spend();
        const standings = [standingOf(metered, counted.current, "", spend)];
        return { budget, period, isKnown: true, standings, keys: 1 };
      }
      const standings = [...spends]
        .sort(([a, { usd: usdA }], [b, { usd: usdB }]) => usdB - usdA || (a < b ? -1 : 1))
        .slice(0, mostKeys)
        .map(([key, spend]) => standingOf(metered, counted.current, key, spend));
      return { budget, period, isKnown: true, standings, keys: spends.size };
    });
  }

  /**
   * How the budgets stand that a bot has for itself; and, of the budgets of all together, those of
   * its name.
   */
  about(name: string): readonly BudgetStanding[] {
    return this.#known().flatMap((metered) => {
      const { budget, counted } = metered;
      const key = budget.each === "channel" ? name : budget.each === null && budget.name === name ? "" : null;
      if (key === null) return [];
      const spend = counted.current.spends.get(key);
      if (spend === undefined && key !== "") return [];
      return [standingOf(metered, counted.current, key, spend ?? new Spend())];
    });
  }

  /** Whether nothing more is to be said of this budget in the period that ended then. */
  isOver(name: string, usd: number, untilMs: number, openedMs: number): boolean {
    if (this.#clock.wallMs() >= Math.max(untilMs, openedMs) + graceMs) return true;
    return !this.#meter.all.some(({ budget }) => budget.name === name && budget.usd === usd);
  }

  #known(): readonly Metered[] {
    return this.#meter.all.filter(({ young }) => young === null);
  }

  #foretellNext(): void {
    const [sweep] = this.#sweeps;
    if (sweep === undefined) return;
    const { metered, current, left } = sweep;
    const next = left.next();
    if (next.done === true || metered.counted.current !== current) {
      this.#sweeps.shift();
      return;
    }
    const [key, spend] = next.value;
    const standing = standingOf(metered, current, key, spend);
    const { usd } = metered.budget;
    if (spend.usd >= usd || (standing.forecastUsd ?? 0) <= usd) this.#expected.delete(spend);
    else if (!this.#expected.has(spend)) this.#expected.set(spend, standing);
  }
}

function standingOf(
  { budget, counted }: Metered,
  { period }: PeriodSpend,
  key: string,
  spend: Spend,
): BudgetStanding {
  const isCurrent = counted.current.period === period;
  const { coverage } = spend;
  return {
    budget,
    subject: `${budget.name} ${period.name}${budget.each === null ? "" : ` ${key}`}`,
    key: budget.each === null ? null : key,
    period,
    spentUsd: spend.usd,
    forecastUsd: budget.forecast && isCurrent ? counted.forecast(key, spend.usd) : null,
    calls: spend.calls,
    tokens: spend.tokens,
    coverage,
    isAtLeast: coverage !== null && coverage < sureShare,
    step: spend.step,
    passedMs: spend.passedMs,
  };
}
