import { BudgetStandings } from "../../src/cost/budget-standings.js";
import { budgetOf, callOf, meterOf, report } from "../cost/plain-budget.js";
import { noonMs } from "./plain-fleet.js";

const clock = { wallMs: () => noonMs + 120_000 };

/** A fleet that may spend $50 a month: $18.60 are spent. */
export function plainBudgets(): BudgetStandings {
  const meter = meterOf([budgetOf({ usd: 50, per: "month", forecast: true })], clock);
  const daysAgo = (days: number) => noonMs - days * 86_400_000;
  report(
    meter,
    callOf({ tsMs: daysAgo(10), costUsd: 10.2 }),
    callOf({ tsMs: daysAgo(2), costUsd: 8.4, tokensIn: 750, tokensOut: 80 }),
    callOf({ tsMs: daysAgo(1), costUsd: null, tokensIn: 60, tokensOut: 10 }),
  );
  return new BudgetStandings(meter, clock);
}
