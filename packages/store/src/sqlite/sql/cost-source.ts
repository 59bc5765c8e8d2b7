/**
 * The cursors of the costs that bots told: what is in the hours already, and up to where they lack
 * it.
 */
export const costSource = "llm_usage_cost";
export const costUntilSource = "llm_usage_cost_until";
