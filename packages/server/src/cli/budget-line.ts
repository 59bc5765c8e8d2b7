import type { BudgetSettings } from "../config/budget-settings.js";
import { usdText } from "../cost/budget-text.js";

/** `fleet $50.00 a month, bot $1.00 a day for each channel` */
export function budgetLine(budgets: readonly BudgetSettings[]): string {
  return budgets
    .map(({ name, usd, per, each }) => {
      const share = each === null ? "" : ` for each ${each}`;
      return `${name} ${usdText(usd)} a ${per}${share}`;
    })
    .join(", ");
}
