import { UsageError } from "../config/usage-error.js";
import { openPrices } from "../open-prices.js";
import type { CommandSettings } from "./command-settings.js";

/**
 * What a start would say of the prices; `version`: of the table, null where it would refuse them.
 */
export interface PriceProblems {
  readonly version: string | null;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

export async function priceProblems(settings: CommandSettings): Promise<PriceProblems> {
  try {
    const { version, notices } = await openPrices(settings, { places: settings });
    return { version, problems: [], notices };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { version: null, problems: error.problems, notices: [] };
  }
}
