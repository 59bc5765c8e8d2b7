export type Level = "must" | "should" | "may";

/** `inconclusive`: the machine was too slow to tell. */
export type Outcome = "pass" | "fail" | "not_exercised" | "inconclusive" | "skipped";

/** What one case, or one rule in one scenario, came to. */
export interface Result {
  /** `file/case` of the fixtures, or `scenario:rule`. */
  readonly id: string;
  /** The file of fixtures, or `conduct/SCENARIO`. */
  readonly group: string;
  readonly level: Level;
  /** The rules that it tests. */
  readonly spec: readonly string[];
  readonly outcome: Outcome;
  /** Why, in a sentence; empty where it passed and there is nothing to say. */
  readonly detail: string;
  /** Figures, by name with its unit. */
  readonly measured?: Readonly<Record<string, number>>;
  readonly ms: number;
  /** The last events before a failure, oldest first. */
  readonly trace?: readonly string[];
  /** Run and told, but no part of what this suite version demands. */
  readonly isUnscored?: boolean;
  /** Listed among the known failures, and failed as listed. */
  readonly isKnown?: boolean;
}

/**
 * How many results there are of each outcome; `known` are the known failures, which `fail` leaves
 * out.
 */
export type Totals = Readonly<Record<Outcome | "known", number>>;

export function totalsOf(results: readonly Result[]): Totals {
  const totals = { pass: 0, fail: 0, known: 0, not_exercised: 0, inconclusive: 0, skipped: 0 };
  for (const { outcome, isKnown } of results) totals[isKnown === true ? "known" : outcome]++;
  return totals;
}
