import { isLikeAny } from "../pattern.js";
import type { PeriodKind } from "./local-calendar.js";

/** What a call is told apart by. */
export const budgetNames = ["channel", "model", "feature"] as const;
export type BudgetName = (typeof budgetNames)[number];

/**
 * How much calls may cost in a period. Lists of patterns, in which `*` stands for any text; null:
 * all.
 */
export interface Budget {
  /** One of its own: letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  /** US dollars in each period, above 0. */
  readonly usd: number;
  readonly per: PeriodKind;
  /** IANA: periods begin at its midnight. */
  readonly timezone: string;
  /** Each of them has the whole sum for itself; null: all together. */
  readonly each: BudgetName | null;
  readonly channel: readonly string[] | null;
  readonly model: readonly string[] | null;
  readonly feature: readonly string[] | null;
  /** Percent of the sum, rising: each is told once in a period. */
  readonly steps: readonly number[];
  /** Whether it is told that the sum will not suffice. */
  readonly forecast: boolean;
}

/** Who a call is of. */
export interface CallNames {
  readonly channel: string;
  readonly model: string;
  readonly feature: string;
}

/** Whether the budget counts calls of these names. */
export function isCounted(budget: Budget, names: CallNames): boolean {
  return budgetNames.every((name) => isLikeAny(names[name], budget[name]));
}

/** The same terms: what was counted and told for one of them holds for the other. */
export function isSameBudget(a: Budget, b: Budget): boolean {
  return JSON.stringify(termsOf(a)) === JSON.stringify(termsOf(b));
}

function termsOf({ name, usd, per, timezone, each, channel, model, feature, steps, forecast }: Budget) {
  return [name, usd, per, timezone, each, channel, model, feature, steps, forecast];
}
