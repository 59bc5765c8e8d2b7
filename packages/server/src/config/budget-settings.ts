/** How much LLM calls may cost in a period: one entry of the section `budgets:`. */
export interface BudgetSettings {
  /** One of its own. */
  readonly name: string;
  /** US dollars in each period, above 0. */
  readonly usd: number;
  /** Weeks begin on Monday. */
  readonly per: "day" | "week" | "month";
  /** IANA: periods begin at its midnight. */
  readonly timezone: string;
  /** Each of them may spend so much; null: all together. */
  readonly each: "channel" | "model" | "feature" | null;
  /** Patterns, in which `*` stands for any text; null: all. */
  readonly channel: readonly string[] | null;
  readonly model: readonly string[] | null;
  readonly feature: readonly string[] | null;
  /** Percent of the budget, rising. */
  readonly steps: readonly number[];
  readonly forecast: boolean;
}
