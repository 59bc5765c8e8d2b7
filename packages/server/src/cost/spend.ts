import type { LocalPeriod } from "./local-calendar.js";

/** What some calls came to. */
export interface CallSums {
  readonly calls: number;
  /** In and out. */
  readonly tokens: number;
  /** Those of calls whose cost is known. */
  readonly knownTokens: number;
  readonly usd: number;
}

/** What calls came to in one period, and which step of the budget that is. */
export class Spend implements CallSums {
  calls = 0;
  tokens = 0;
  knownTokens = 0;
  usd = 0;
  /** Index of the highest step that is passed; -1: none. */
  step = -1;
  /** When it was, by the wall clock of the meter; null: before the meter's start. */
  passedMs: number | null = null;

  add({ calls, tokens, knownTokens, usd }: CallSums): void {
    this.calls += calls;
    this.tokens += tokens;
    this.knownTokens += knownTokens;
    this.usd += usd;
  }

  /** The share of the tokens whose cost is known; null where no call had tokens. */
  get coverage(): number | null {
    return this.tokens === 0 ? null : Math.min(1, this.knownTokens / this.tokens);
  }
}

/** What each key of a budget came to in one period. */
export class PeriodSpend {
  readonly period: LocalPeriod;
  readonly spends = new Map<string, Spend>();
  /** Keys that passed a step. */
  readonly passed = new Set<string>();
  readonly #maxKeys: number;
  /** Calls of keys without room since names were last let go of. */
  #leftOut = 0;

  constructor(period: LocalPeriod, maxKeys: number) {
    this.period = period;
    this.#maxKeys = maxKeys;
  }

  has(tsMs: number): boolean {
    return tsMs >= this.period.fromMs && tsMs < this.period.toMs;
  }

  /** Null where there is no room for one more key. */
  spendOf(key: string): Spend | null {
    const known = this.spends.get(key);
    if (known !== undefined) return known;
    if (this.spends.size >= this.#maxKeys && !this.#makeRoom()) return null;
    const spend = new Spend();
    this.spends.set(key, spend);
    return spend;
  }

  /** Names that cost nothing give way. It is tried once for so many calls as there are keys. */
  #makeRoom(): boolean {
    if (this.#leftOut++ % this.#maxKeys !== 0) return false;
    for (const [key, { usd }] of this.spends) if (usd === 0) this.spends.delete(key);
    if (this.spends.size >= this.#maxKeys) return false;
    this.#leftOut = 0;
    return true;
  }
}
